using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>The estimate that nothing moves: its error is the mean length of the true flow, which every estimator must beat.</summary>
public sealed class ZeroFlow : IFlowEstimator
{
    /// <inheritdoc/>
    public string Name => "zero flow";

    /// <inheritdoc/>
    public FlowField Estimate(DecodedImage first, DecodedImage second)
    {
        ArgumentNullException.ThrowIfNull(first);
        int pixels = first.Width * first.Height;
        return new FlowField(first.Width, first.Height, new float[pixels], new float[pixels]);
    }
}
