using Deq.Api.Solving;

namespace Deq.Api.Tasks.Restoration;

/// <summary>The answer to one frame of a stream: how it was restored.</summary>
internal sealed record RestoredFrame
{
    /// <summary>In <see cref="Start"/>: where the solves of the frame before ended, wherever that explains the frame.</summary>
    public const string Last = "last";

    /// <summary>In <see cref="Start"/>: the frame itself.</summary>
    public const string Cold = "cold";

    /// <summary>In <see cref="ColdReason"/>: there was no frame before.</summary>
    public const string First = "first";

    /// <summary>In <see cref="ColdReason"/>: the frame has another size, or other planes, than the last one.</summary>
    public const string Size = "size";

    /// <summary>In <see cref="ColdReason"/>: the last answer explains no part of the frame.</summary>
    public const string Cut = "cut";

    /// <summary>In <see cref="ColdReason"/>: what was kept of the last frame was dropped to stay within the server's bounds.</summary>
    public const string Lost = "lost";

    /// <summary>In <see cref="ColdReason"/>: the stream was opened to be solved cold.</summary>
    public const string Asked = "asked";

    /// <summary>What <see cref="Start"/> may be.</summary>
    internal static IReadOnlyList<string> Starts { get; } = [Last, Cold];

    /// <summary>What <see cref="ColdReason"/> may be.</summary>
    internal static IReadOnlyList<string> ColdReasons { get; } = [First, Size, Cut, Lost, Asked];

    /// <summary>The stream's id.</summary>
    public required string Stream { get; init; }

    /// <summary>The frame's index.</summary>
    public required long Index { get; init; }

    /// <summary>Of the restored frame, pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Of the restored frame, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Whether solves started from the frame before.</summary>
    public required bool Warm { get; init; }

    /// <summary>Where solves started: <c>last</c> or <c>cold</c>; null when nothing was solved.</summary>
    public required string? Start { get; init; }

    /// <summary>Why they did not start from the frame before: <c>first</c>, <c>size</c>, <c>cut</c>, <c>lost</c> or <c>asked</c>; null when they did.</summary>
    public required string? ColdReason { get; init; }

    /// <summary>The share of the frame, in blocks of 8 × 8 pixels, that started from the frame before.</summary>
    public required double Continued { get; init; }

    /// <summary>What was solved, and how well the answer explains the frame; null when nothing was solved.</summary>
    public required RestorationReport? Restoration { get; init; }

    /// <summary>The solve of each plane, or of its tiles; empty when nothing was solved.</summary>
    public required IReadOnlyList<SolveReport> Solves { get; init; }
}
