using System.Text.Json.Serialization;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;

namespace Deq.Api.Streams;

/// <summary>The answer to one frame: its flow from the frame before, and how it was found.</summary>
/// <param name="Stream">The stream's id.</param>
/// <param name="Index">The frame's index.</param>
/// <param name="Width">Of the frame, pixels.</param>
/// <param name="Height">Of the frame, pixels.</param>
/// <param name="Flow">The motion from the frame before; null where there is none to hold this one against.</param>
/// <param name="Warm">Whether the solve started from the state of the frame before.</param>
/// <param name="Start">Where the solve started: <c>warped</c> or <c>cold</c>; null when nothing was solved.</param>
/// <param name="ColdReason">
/// Why it did not start warm: <c>first</c>, <c>gap</c>, <c>size</c>, <c>cut</c>, <c>motion</c>, <c>lost</c>, <c>residual</c>, <c>asked</c> or <c>model</c>; null when it did.
/// </param>
/// <param name="Tried">
/// The residual at each start that was tried, in the order warped, cold; each cost one evaluation, counted in the report. Empty when there
/// was nothing to choose.
/// </param>
/// <param name="Residuals">The residual after every evaluation, those of starts that were tried included; null where it was not finite.</param>
/// <param name="Solve">How the flow was found; null when nothing was solved.</param>
public sealed record FrameAnswer(
    string Stream,
    long Index,
    int Width,
    int Height,
    FlowStatistics? Flow,
    bool Warm,
    string? Start,
    string? ColdReason,
    IReadOnlyList<double?> Tried,
    IReadOnlyList<double?> Residuals,
    SolveReport? Solve)
{
    /// <summary>Over a socket: the frames before this one that were skipped. Absent when none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<long>? Skipped { get; init; }

    /// <summary>Over a socket: the bytes of the binary message that follows. Absent when none does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Bytes { get; init; }
}
