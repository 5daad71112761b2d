namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Runs what is independent per row on several threads.</summary>
/// <param name="threads">Share the bands; null: there is one band.</param>
internal sealed class RowBands(PairThreads? threads)
{
    /// <summary>Rows that every band has at least.</summary>
    public const int LeastRows = 32;

    /// <summary>How many bands that many rows are divided into, at least 1.</summary>
    public int Count(int rows) => Math.Max(1, Math.Min(threads?.Count ?? 1, rows / LeastRows));

    /// <summary>The first row of a band.</summary>
    public int First(int rows, int band) => rows * band / Count(rows);

    /// <summary>Calls an action with the bands [from, to) of the rows.</summary>
    public void Run(int rows, Action<int, int> action)
    {
        int bands = Count(rows);
        if (threads is null || bands == 1)
        {
            action(0, rows);
            return;
        }

        threads.Run(bands, band => action(First(rows, band), First(rows, band + 1)));
    }
}
