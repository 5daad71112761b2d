namespace Deq.Export.Recipes;

/// <summary>An interval in which a recipe's number must lie; written as in mathematics: (0, 1] leaves 0 out.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="IncludesLow">Whether the lower end belongs to it.</param>
/// <param name="High">The upper end.</param>
/// <param name="IncludesHigh">Whether the upper end belongs to it.</param>
internal readonly record struct NumberRange(double Low, bool IncludesLow, double High, bool IncludesHigh)
{
    /// <summary>Both ends belong to it.</summary>
    public static NumberRange Closed(double low, double high) => new(low, true, high, true);

    /// <summary>Neither end belongs to it.</summary>
    public static NumberRange Open(double low, double high) => new(low, false, high, false);

    /// <summary>Only the upper end belongs to it.</summary>
    public static NumberRange Above(double low, double high) => new(low, false, high, true);

    /// <summary>Only the lower end belongs to it.</summary>
    public static NumberRange Below(double low, double high) => new(low, true, high, false);

    /// <summary>Whether the number lies in it; NaN never does.</summary>
    public bool Contains(double number) =>
        (IncludesLow ? number >= Low : number > Low) && (IncludesHigh ? number <= High : number < High);

    /// <inheritdoc/>
    public override string ToString() => $"{(IncludesLow ? '[' : '(')}{Low}, {High}{(IncludesHigh ? ']' : ')')}";
}
