using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;

namespace Deq.Benchmarks.Flow;

/// <summary>All results of a flow model on one page.</summary>
internal sealed record FlowPage
{
    private const string Commands = """
        ```
        dotnet run --project Deq.Export -c Release -- evaluate models/flow --data <Middlebury> --data <Sintel> --data <FlyingChairs> --data <KITTI> --json docs/results/flow-pairs.json
        dotnet run --project Deq.Export -c Release -- evaluate-clips models/flow --clips <RubberWhale> --clips <Sintel> --data <Middlebury> --data <Sintel> --json docs/results/flow-clips.json
        dotnet run --project tests/Deq.Benchmarks -c Release -- flow --data <Middlebury> --pairs docs/results/flow-pairs.json --clips docs/results/flow-clips.json --json docs/results/flow.json --markdown docs/results/flow.md
        ```
        """;

    /// <summary>Time per pair.</summary>
    public required IReadOnlyList<LatencyRow> Latencies { get; init; }

    /// <summary>Time per pair over HTTP.</summary>
    public required IReadOnlyList<FlowHttpRow> OverHttp { get; init; }

    /// <summary>Memory per pair.</summary>
    public required IReadOnlyList<MemoryRow> Memories { get; init; }

    /// <summary>Streams over a WebSocket.</summary>
    public required IReadOnlyList<StreamRate> Streams { get; init; }

    /// <summary>Pairs of 640 × 480 under a deadline of 100 ms.</summary>
    public required IReadOnlyList<DeadlineAnswer> Deadlines { get; init; }

    /// <summary>What <c>evaluate</c> measured; null leaves it out.</summary>
    public FlowReport? Pairs { get; init; }

    /// <summary>What <c>evaluate-clips</c> measured; null leaves it out.</summary>
    public ClipReport? Clips { get; init; }

    /// <summary>The page.</summary>
    public string Markdown()
    {
        var page = new StringBuilder();
        page.AppendLine("# Optical flow").AppendLine();
        page.AppendLine("Through ONNX Runtime on the processor. EPE is the mean length of the error in pixels; Fl is the share of pixels with an error of at least 3 pixels and");
        page.AppendLine("5 % of the true length. The last of these commands writes the page, from what the first two measured.").AppendLine();
        page.AppendLine(Commands).AppendLine();
        Bounds(page);
        if (Pairs is not null)
        {
            page.AppendLine("## Pairs").AppendLine().AppendLine(Pairs.Sentence).AppendLine();
            page.AppendLine(FlowReportTables.Errors(Pairs)).AppendLine("### At rest").AppendLine();
            page.AppendLine(FlowReportTables.Rest(Pairs));
        }

        if (Clips is not null)
        {
            page.AppendLine("## Clips").AppendLine();
            page.AppendLine("Every pair from cold and from where a served stream starts it; the first pair of a clip does not count, nor do");
            page.AppendLine("pairs before what happens in the middle of some. Distance is that to where the cold solve settles. Evaluations are sums.").AppendLine();
            page.AppendLine(ClipTables.ToTolerance(Clips));
            page.AppendLine("### Where solves end").AppendLine().AppendLine(ClipTables.Starts(Clips.Starts));
        }

        Costs(page);
        return page.ToString();
    }

    private void Bounds(StringBuilder page)
    {
        Bound[] bounds =
        [
            .. Pairs is null ? [] : FlowBounds.OfPairs(Pairs),
            .. Clips is null ? [] : FlowBounds.OfClips(Clips),
            .. FlowBounds.OfCosts(Memories),
        ];
        page.AppendLine("## Bounds").AppendLine();
        if (Pairs is not null)
        {
            page.AppendLine($"Pairs: all {Pairs.Pairs.Count}.").AppendLine();
        }

        page.AppendLine("| measure | must be | is | holds |").AppendLine("|---|---|---|---|");
        foreach (Bound bound in bounds)
        {
            page.AppendLine($"| {bound.Measure} | {bound.MustBe} | {bound.Is} | {(bound.Holds ? "yes" : "**no**")} |");
        }

        page.AppendLine();
    }

    private void Costs(StringBuilder page)
    {
        page.AppendLine("## Time per frame").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"In the engine, one frame of a stream at a time at the model's defaults, on {Environment.ProcessorCount} processors, medians. The whole is from the request to the answer as a flow field; opening is normalising the frames and making the guess.").AppendLine();
        page.AppendLine("| size | threads | start | whole, ms | opening, ms | encode, ms | evaluations | each, ms | decode, ms |");
        page.AppendLine("|---|--:|---|--:|--:|--:|--:|--:|--:|");
        foreach (LatencyRow row in Latencies)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {row.Width} x {row.Height} | {row.Threads} | {(row.IsWarm ? "warm" : "cold")} | {row.WholeMs:0.0} | {row.OpenMs:0.0} | {row.EncodeMs:0.0} ");
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Evaluations} | {row.EvaluationMs:0.0} | {row.DecodeMs:0.0} |");
        }

        page.AppendLine().AppendLine("Over HTTP, 320 x 240, two PNG files as a form to the built server as a process of its own; spent is what the answer says, decoding the frames included.").AppendLine();
        page.AppendLine("| answer | evaluations | round trip, ms | spent, ms | added, ms |").AppendLine("|---|--:|--:|--:|--:|");
        foreach (FlowHttpRow row in OverHttp)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Format} | {row.Evaluations} | {row.RoundTripMs:0.0} | {row.SpentMs:0.0} | {row.AddedMs:0.0} |");
        }

        Rates(page);
        page.AppendLine().AppendLine("## Memory of a pair").AppendLine();
        page.AppendLine("A process of its own per size, the largest resident set over the whole solve of one pair.").AppendLine();
        page.AppendLine("| size | before, MiB | at most, MiB | above that per pixel, bytes | lane, MiB |").AppendLine("|---|--:|--:|--:|--:|");
        foreach (MemoryRow row in Memories)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Width} x {row.Height} | {row.BeforeMiB:0} | {row.PeakMiB:0} | {row.BytesPerPixel:0} | {row.LaneMiB:0} |");
        }
    }

    private void Rates(StringBuilder page)
    {
        page.AppendLine().AppendLine("A stream over a WebSocket of the built server, drawn PNG frames that move by up to 4 pixels sent ahead of the results, raw flow back:").AppendLine();
        page.AppendLine("| size | frames | frames per second | of them warm | processor ms per frame |").AppendLine("|---|--:|--:|--:|--:|");
        foreach (StreamRate row in Streams)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Width} x {row.Height} | {row.Frames} | {row.PerSecond:0.0} | {100 * row.WarmShare:0} % | {row.ProcessorMs:0} |");
        }

        if (Deadlines.Count > 0)
        {
            page.AppendLine().AppendLine("Pairs of 640 x 480 posted with `deadlineMs=100`; the error is the largest of several answers. Refused are those whose deadline was said to be out of reach:").AppendLine();
            page.AppendLine("| pair | refused | round trip, ms | spent, ms | EPE | at the fixed point | ratio |").AppendLine("|---|--:|--:|--:|--:|--:|--:|");
            foreach (DeadlineAnswer row in Deadlines)
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Pair} | {row.Refused} | {row.WallMs:0} | {row.SpentMs:0} | {row.Error:0.000} | {row.AtRest:0.000} | {row.Error / row.AtRest:0.00} |");
            }
        }
    }
}
