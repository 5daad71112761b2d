using Deq.Runtime.FixedPoints;

namespace Deq.Export.Solving;

/// <summary>Keeps a solve's estimate of the inverse for each row of its start.</summary>
internal interface IInverseKeeper : IRowInverse, IDisposable
{
    /// <summary>Forgets the solve before.</summary>
    void Begin();

    /// <summary>Takes what is to be kept of finished rows, before the batch releases them.</summary>
    /// <param name="batch">Where the rows have finished.</param>
    /// <param name="from">Where its states live.</param>
    /// <param name="rows">Each row, and its place in the order of the start.</param>
    void Take(RunningBatch batch, TorchStateSpace from, IReadOnlyList<RowMove> rows);

    /// <summary>Makes the estimate ready once all rows are taken.</summary>
    /// <param name="rows">How many the start had.</param>
    void Complete(int rows);
}
