namespace Deq.Api.Access;

/// <summary>What a token turned out to be.</summary>
/// <param name="Kind">Whether it counts, and why not.</param>
/// <param name="Caller">Whose it is; null of one that does not count.</param>
internal readonly record struct TokenReading(TokenKind Kind, Caller? Caller = null);

/// <summary>Whether a token counts, and why not.</summary>
internal enum TokenKind
{
    /// <summary>It counts.</summary>
    Valid,

    /// <summary>It does not, and may have been made up.</summary>
    Guess,

    /// <summary>It does not, but was given: its time is over or has not come, or its key is not fetched yet.</summary>
    Stale,

    /// <summary>Nobody knows: the keys of its issuer have not been fetched, and cannot be.</summary>
    Unknown,
}
