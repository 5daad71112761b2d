namespace Deq.Api.Problems;

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(ProblemKind kind, string detail) : Exception(detail)
{
    public ProblemKind Kind => kind;

    /// <summary>When to try again where it is not known when there will be room.</summary>
    public static TimeSpan DefaultRetryAfter { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Further members of the problem, such as <c>limit</c>; numbers, texts and answer types.</summary>
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>When another attempt may succeed; null where that says nothing.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>A problem with several members of a request, which are named in <c>errors</c> too.</summary>
    /// <param name="kind">The problem.</param>
    /// <param name="errors">What is wrong, by the member's name.</param>
    public static ProblemException Of(ProblemKind kind, IReadOnlyDictionary<string, string[]> errors) =>
        new ProblemException(kind, string.Join(' ', errors.Select(error => $"{error.Key}: {error.Value[0]}"))).With("errors", errors);

    /// <summary>A parameter whose value is not acceptable.</summary>
    public static ProblemException OfParameter(string name, string fault) =>
        Of(ProblemKinds.InvalidParameter, new Dictionary<string, string[]>(StringComparer.Ordinal) { [name] = [fault] });

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
