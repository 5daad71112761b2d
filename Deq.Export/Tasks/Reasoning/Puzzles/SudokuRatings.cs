namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>The bins by which Sudokus are rated: guesses of a solver with singles and locked candidates, the mean of ten random orders.</summary>
internal static class SudokuRatings
{
    /// <summary>Puzzles of every rating.</summary>
    public const string Any = "any";

    private static readonly double[] s_bounds = [double.Epsilon, 5, 10, 20, double.PositiveInfinity];

    /// <summary>From no guess up: 0, above 0 to below 5, to below 10, to below 20, and from 20.</summary>
    public static IReadOnlyList<string> Names { get; } = ["0", "1-5", "5-10", "10-20", "20+"];

    /// <summary>The bin of a rating.</summary>
    /// <param name="guesses">At least 0.</param>
    public static string Of(double guesses) => Names[Array.FindIndex(s_bounds, bound => guesses < bound)];
}
