namespace Deq.Api.Problems;

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(ProblemKind kind, string detail) : Exception(detail)
{
    public ProblemKind Kind => kind;

    /// <summary>How long to wait where nothing is known of when there will be room.</summary>
    public static TimeSpan AMoment { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Further members of the problem, such as <c>limit</c>; numbers, texts and answer types.</summary>
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>When another attempt may succeed; null where that says nothing.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Adds when another attempt may succeed: a header in whole seconds, and <c>retryAfterMs</c> in the problem.</summary>
    public ProblemException WithRetryAfter(TimeSpan wait)
    {
        RetryAfter = wait;
        Members["retryAfterMs"] = (long)Math.Ceiling(wait.TotalMilliseconds);
        return this;
    }

    /// <summary>Adds the limit that was passed.</summary>
    public ProblemException WithLimit(long limit)
    {
        Members["limit"] = limit;
        return this;
    }

    /// <summary>Adds a member.</summary>
    public ProblemException With(string name, object? value)
    {
        Members[name] = value;
        return this;
    }
}
