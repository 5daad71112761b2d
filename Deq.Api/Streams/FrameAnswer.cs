using System.Text.Json.Serialization;
using Deq.Api.Classification;

namespace Deq.Api.Streams;

/// <summary>The answer to one frame: its flow from the frame before, and how it was found.</summary>
/// <param name="Stream">The stream's id.</param>
/// <param name="Index">The frame's index.</param>
/// <param name="Width">Of the frame, pixels.</param>
/// <param name="Height">Of the frame, pixels.</param>
/// <param name="Flow">The motion from the frame before; null where there is none to hold this one against.</param>
/// <param name="Warm">Whether the solve started from the state of the frame before.</param>
/// <param name="Start">Where the solve started: <c>warped</c>, <c>unwarped</c> or <c>cold</c>; null when nothing was solved.</param>
/// <param name="ColdReason">
/// Why it did not start warm: <c>first</c>, <c>gap</c>, <c>size</c>, <c>cut</c>, <c>lost</c>, <c>residual</c> or <c>asked</c>; null when it did.
/// </param>
/// <param name="Tried">
/// The residual at each start that was tried, in the order warped, unwarped, cold; each cost one evaluation, counted in the report. Empty when there
/// was nothing to choose.
/// </param>
/// <param name="Residuals">The residual after every evaluation, those of starts that were tried included; null where it was not finite.</param>
/// <param name="Solve">How the flow was found; null when nothing was solved.</param>
public sealed record FrameAnswer(
    string Stream,
    long Index,
    int Width,
    int Height,
    FrameMotion? Flow,
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

/// <summary>Numbers about a flow.</summary>
/// <param name="MeanMagnitude">Mean length of the vectors, pixels.</param>
/// <param name="MaxMagnitude">The longest, pixels.</param>
/// <param name="MeanX">Mean motion to the right, pixels.</param>
/// <param name="MeanY">Mean motion down, pixels.</param>
/// <param name="DirectionDegrees">Of the mean motion: 0 is right, 90 down, 180 left, 270 up; null when there is none.</param>
public sealed record FrameMotion(double MeanMagnitude, double MaxMagnitude, double MeanX, double MeanY, double? DirectionDegrees)
{
    internal static FrameMotion Of(Runtime.Imaging.FlowField flow)
    {
        (double length, double x, double y) = (0, 0, 0);
        for (int pixel = 0; pixel < flow.U.Length; pixel++)
        {
            (double u, double v) = (flow.U[pixel], flow.V[pixel]);
            length += Math.Sqrt((u * u) + (v * v));
            x += u;
            y += v;
        }

        (length, x, y) = (length / flow.U.Length, x / flow.U.Length, y / flow.U.Length);
        double? direction = x == 0 && y == 0 ? null : ((Math.Atan2(y, x) * 180 / Math.PI) + 360) % 360;
        return new FrameMotion(length, flow.Longest(), x, y, direction);
    }
}
