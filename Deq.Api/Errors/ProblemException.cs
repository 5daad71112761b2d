namespace Deq.Api.Errors;

/// <summary>Ends a request with a problem.</summary>
internal sealed class ProblemException(ProblemKind kind, string detail) : Exception(detail)
{
    public ProblemKind Kind => kind;

    /// <summary>Further members of the problem, such as <c>limit</c>; numbers, texts and answer types.</summary>
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);

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
