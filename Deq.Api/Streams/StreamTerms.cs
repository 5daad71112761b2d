using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Streams;

/// <summary>What was agreed when a stream was opened.</summary>
internal sealed record StreamTerms
{
    /// <summary>A flow estimator.</summary>
    public required ServedModel Model { get; init; }

    /// <summary>What each frame may spend.</summary>
    public required SolveGrant Grant { get; init; }

    /// <summary>What frames are answered with.</summary>
    public required FlowFormat Output { get; init; }

    /// <summary>Whether frames may start where the last one ended.</summary>
    public required bool IsWarm { get; init; }

    public FrameSizes Sizes => Model.Manifest.Input.Sizes!;

    /// <summary>How states of frames of a size lie in memory.</summary>
    public FlowStateLayout LayoutOf(int height, int width) => FlowStateLayout.Of(Model.Manifest.State!, Sizes.ShapeOf(height, width));
}
