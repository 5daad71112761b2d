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
    public void Run(int rows, Action<int, int> action) => Run(rows, Count(rows), action);

    /// <summary>Calls an action with bands that are the same for any number of threads, as the answer of the action depends on them.</summary>
    /// <param name="rows">In all, at least 1.</param>
    /// <param name="least">Rows that every band has at least, unless there is one alone.</param>
    /// <param name="action">Takes the bands [from, to).</param>
    public void RunSame(int rows, int least, Action<int, int> action) => Run(rows, Math.Max(1, rows / least), action);

    private void Run(int rows, int bands, Action<int, int> action)
    {
        void Band(int band) => action(rows * band / bands, rows * (band + 1) / bands);
        if (threads is not null)
        {
            threads.Run(bands, Band);
            return;
        }

        for (int band = 0; band < bands; band++)
        {
            Band(band);
        }
    }
}
