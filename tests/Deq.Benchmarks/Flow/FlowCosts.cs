using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Testing;

namespace Deq.Benchmarks.Flow;

/// <summary>What a flow model costs per frame, and with what was measured of its answers the page of all its results.</summary>
internal static class FlowCosts
{
    private const int DeadlineMs = 100;
    private static readonly (int Width, int Height)[] Sizes = [(320, 240), (640, 480), (1024, 436)];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>
    /// Options: <c>--model dir</c>, default models/flow; <c>--pairs file.json</c> and <c>--clips file.json</c>, what evaluate and evaluate-clips wrote;
    /// <c>--data dir</c>, pairs with truth in 640 × 480, such as Middlebury's, for answers under a deadline.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--model", "--pairs", "--clips", "--data", FlowMemory.Option) is not { } report)
        {
            return 2;
        }

        string model = report["--model"] ?? Repository.Folder("models", "flow");
        if (report[FlowMemory.Option] is { } size)
        {
            return FlowMemory.Say(model, size);
        }

        FlowClip frames = Frames.Of(320, 240);
        LatencyRow[] latencies =
        [
            .. from extent in Sizes
               from threads in new[] { 1, 2 }
               from row in FlowLatency.Measure(model, Frames.Of(extent.Width, extent.Height), threads, repeats: 15)
               select row,
        ];
        FlowHttpRow[] overHttp = [.. FlowHttp.Measure(model, frames, evaluations: 4, repeats: 15)];
        MemoryRow[] memories = [.. Sizes.Select(extent => FlowMemory.Measure(model, extent.Width, extent.Height))];
        StreamRate[] streams = [FlowRates.OfStream(model, 320, 240), FlowRates.OfStream(model, 640, 480)];
        IReadOnlyList<DeadlineAnswer> deadlines = report["--data"] is { } data ? FlowRates.OfDeadlines(model, data, DeadlineMs) : [];
        var page = new FlowPage
        {
            Latencies = latencies,
            OverHttp = overHttp,
            Memories = memories,
            Streams = streams,
            Deadlines = deadlines,
            Pairs = Read<FlowReport>(report["--pairs"]),
            Clips = Read<ClipReport>(report["--clips"]),
        };
        report.Write(page.Markdown(), new { latencies, overHttp, streams, deadlines, memories });
        return 0;
    }

    private static T? Read<T>(string? path)
        where T : class => path is null ? null : JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json);
}
