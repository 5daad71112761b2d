using Deq.Api.Solving;

namespace Deq.Api.Tasks.Flow;

/// <summary>The answer to one frame: its flow from the frame before, and how it was found.</summary>
internal sealed record FrameAnswer
{
    /// <summary>The stream's id.</summary>
    public required string Stream { get; init; }

    /// <summary>The frame's index.</summary>
    public required long Index { get; init; }

    /// <summary>Of the frame, pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Of the frame, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The motion from the frame before; null where there is none.</summary>
    public required FlowStatistics? Flow { get; init; }

    /// <summary>Whether the solve started from the state of the frame before.</summary>
    public required bool Warm { get; init; }

    /// <summary>Where the solve started: <c>warped</c> or <c>cold</c>; null when nothing was solved.</summary>
    public required string? Start { get; init; }

    /// <summary>Why it did not start warm: <c>first</c>, <c>gap</c>, <c>size</c>, <c>cut</c>, <c>motion</c>, <c>lost</c>, <c>residual</c>, <c>asked</c> or <c>model</c>; null when it did.</summary>
    public required string? ColdReason { get; init; }

    /// <summary>
    /// The residual at each start that was tried, in the order warped, cold; each cost one evaluation, counted in the report. Empty when there
    /// was nothing to choose.
    /// </summary>
    public required IReadOnlyList<double?> Tried { get; init; }

    /// <summary>The residual after every evaluation, those of starts that were tried included; null where it was not finite.</summary>
    public required IReadOnlyList<double?> Residuals { get; init; }

    /// <summary>How the flow was found; null when nothing was solved.</summary>
    public required SolveReport? Solve { get; init; }
}
