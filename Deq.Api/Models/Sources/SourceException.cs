namespace Deq.Api.Models.Sources;

/// <summary>A file of a source was not fetched.</summary>
/// <param name="outcome">One of <see cref="SourceOutcomes"/>.</param>
/// <param name="message">What happened, one sentence without an address.</param>
/// <param name="mayPass">Whether another try soon may do better.</param>
/// <param name="inner">What lies behind it.</param>
internal sealed class SourceException(string outcome, string message, bool mayPass, Exception? inner = null) : Exception(message, inner)
{
    public string Outcome => outcome;

    public bool MayPass => mayPass;
}

/// <summary>How a try to fetch a file ends.</summary>
internal static class SourceOutcomes
{
    public const string Fetched = "fetched";

    /// <summary>The server answered with another status than success.</summary>
    public const string Status = "status";

    /// <summary>No connection, or one that broke off.</summary>
    public const string Broken = "broken";

    public const string Timeout = "timeout";

    /// <summary>The file is larger than it may be.</summary>
    public const string Size = "size";

    /// <summary>The file is not the one that the hash names.</summary>
    public const string Hash = "hash";
}
