namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Runs what is independent per row on several threads.</summary>
/// <param name="threads">At least 1.</param>
internal sealed class RowBands(int threads)
{
    private const int LeastRows = 32;

    public int Threads => threads;

    /// <summary>Calls an action with the bands [from, to) of the rows.</summary>
    public void Run(int rows, Action<int, int> action)
    {
        int bands = Math.Min(threads, rows / LeastRows);
        if (bands <= 1)
        {
            action(0, rows);
            return;
        }

        Parallel.For(0, bands, new ParallelOptions { MaxDegreeOfParallelism = bands }, band => action(rows * band / bands, rows * (band + 1) / bands));
    }
}
