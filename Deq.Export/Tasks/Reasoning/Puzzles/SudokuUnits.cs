using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>The places of a Sudoku, numbered row by row: which of them share a row, a column or a box.</summary>
internal static class SudokuUnits
{
    private const int Side = SudokuChecker.Side;
    private const int Places = Side * Side;

    /// <summary>Nine rows, nine columns, nine boxes, nine places each.</summary>
    public static int[][] All { get; } = MakeUnits();

    /// <summary>For each place the twenty that share a unit with it.</summary>
    public static int[][] Peers { get; } = MakePeers();

    /// <summary>Where a line and a box cross: the three places in both, and the six others of each.</summary>
    public static (int[] Both, int[] Line, int[] Box)[] Crossings { get; } = MakeCrossings();

    private static int[][] MakeUnits() =>
    [
        .. Enumerable.Range(0, Side).Select(row => Where(place => place / Side == row)),
        .. Enumerable.Range(0, Side).Select(column => Where(place => place % Side == column)),
        .. Enumerable.Range(0, Side).Select(box => Where(place => SudokuChecker.Box(place) == box)),
    ];

    private static int[][] MakePeers() =>
    [
        .. Enumerable.Range(0, Places).Select(place => Where(other => other != place && SudokuChecker.ArePeers(other, place))),
    ];

    private static (int[] Both, int[] Line, int[] Box)[] MakeCrossings() =>
    [
        .. from line in All[..(2 * Side)]
           from box in All[(2 * Side)..]
           let both = line.Intersect(box).ToArray()
           where both.Length > 0
           select (both, line.Except(both).ToArray(), box.Except(both).ToArray()),
    ];

    private static int[] Where(Predicate<int> isIn) => [.. Enumerable.Range(0, Places).Where(place => isIn(place))];
}
