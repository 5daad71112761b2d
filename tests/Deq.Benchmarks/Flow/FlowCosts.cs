using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Testing;

namespace Deq.Benchmarks.Flow;

/// <summary>What a flow model costs per frame, and with what was measured of its answers the page of all its results.</summary>
internal static class FlowCosts
{
    private static readonly (int Width, int Height)[] Sizes = [(320, 240), (640, 480), (1024, 436)];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>
    /// Options: <c>--model dir</c>, default models/flow; <c>--pairs file.json</c> and <c>--clips file.json</c>, what evaluate and evaluate-clips wrote;
    /// <c>--carried name</c>, the way that the bounds on clips are held against, default served.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--model", "--pairs", "--clips", "--carried", FlowMemory.Option) is not { } report)
        {
            return 2;
        }

        string model = report["--model"] ?? Repository.Folder("models", "flow");
        if (report[FlowMemory.Option] is { } size)
        {
            return FlowMemory.Say(model, size);
        }

        FlowClip frames = Frames.Of(320, 240);
        LatencyRow[] latencies = [.. new[] { 1, 2 }.SelectMany(threads => FlowLatency.Measure(model, frames, threads, budgets: [4, 12], repeats: 15))];
        FlowHttpRow[] overHttp = [.. FlowHttp.Measure(model, frames, evaluations: 4, repeats: 15)];
        MemoryRow[] memories = [.. Sizes.Select(extent => FlowMemory.Measure(model, extent.Width, extent.Height))];
        var page = new FlowPage
        {
            Latencies = latencies,
            OverHttp = overHttp,
            Memories = memories,
            Pairs = Read<FlowReport>(report["--pairs"]),
            Clips = Read<ClipReport>(report["--clips"]),
            Carried = report["--carried"] ?? "served",
        };
        report.Write(page.Markdown(), new { latencies, overHttp, memories });
        return 0;
    }

    private static T? Read<T>(string? path)
        where T : class => path is null ? null : JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json);
}
