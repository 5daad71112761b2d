namespace Deq.Api.Ensembles;

/// <summary>A trust store cannot be opened, or a document cannot be read into it; the message says why.</summary>
internal sealed class TrustStoreException(string message, Exception? inner = null) : Exception(message, inner);
