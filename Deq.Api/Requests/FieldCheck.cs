namespace Deq.Api.Requests;

/// <summary>Refuses the parameters of a body before anything is done for it that takes long; a feature of the request.</summary>
/// <param name="Check">Throws a problem where names or values are not acceptable.</param>
internal sealed record FieldCheck(Action<IReadOnlyList<KeyValuePair<string, string>>> Check);
