using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>Anything that says how one frame moves into the next.</summary>
public interface IFlowEstimator
{
    /// <summary>The name in tables.</summary>
    string Name { get; }

    /// <summary>Estimates the flow between two frames of one size.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The next frame.</param>
    FlowField Estimate(DecodedImage first, DecodedImage second);
}
