using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow;

/// <summary>How good a flow model is, for its card and its manifest: on pairs with true flow, and whether its answers depend on where solves start.</summary>
/// <param name="Pairs">On the pairs given.</param>
/// <param name="Starts">On drawn clips.</param>
internal sealed record FlowQuality(FlowReport Pairs, StartReport Starts)
{
    private const int Clips = 3;
    private const int Seed = 0xA11;
    private static readonly MotionOptions s_motion = new() { Height = 96, Width = 128, Frames = 3, MaxMotion = 8 };

    /// <summary>Measures where solves from several starts end.</summary>
    /// <param name="pairs">What was measured on pairs.</param>
    /// <param name="bundle">The model.</param>
    /// <param name="threads">Threads that share one run of a graph.</param>
    public static FlowQuality Measure(FlowReport pairs, ModelBundle bundle, int threads)
    {
        using var agreement = new StartAgreement(bundle, threads);
        var clips = new DrawnClips(DrawnClips.Fitting(s_motion, bundle.Manifest.Input.Sizes!), Seed);
        return new FlowQuality(pairs, agreement.Measure([.. Enumerable.Range(0, Clips).Select(clips.Draw)]));
    }

    /// <summary>
    /// The numbers of the manifest. <c>asymptoticAlignment</c> is the mean cosine between where solves from carried and from cold states end, and
    /// <c>warmDistance</c> the mean distance of the two flows in pixels: what says whether the model may start warm.
    /// </summary>
    public IReadOnlyDictionary<string, double> Figures()
    {
        StartSummary carried = Starts.Starts.Single(start => start.Start == "carried");
        StartSummary random = Starts.Starts.Single(start => start.Start == "random");
        return new Dictionary<string, double>(Pairs.Quality())
        {
            [FlowStarts.Alignment] = Math.Round(carried.Alignment, 4),
            ["asymptoticAlignmentFromRandom"] = Math.Round(random.Alignment, 4),
            [FlowStarts.Distance] = Math.Round(carried.Distance, 4),
        };
    }

    /// <summary>The part of the card below its heading.</summary>
    public string Markdown() => $"""
        {Pairs.Sentence} Through ONNX Runtime on the processor; EPE is the mean length of the error in pixels.

        {FlowReportTables.Errors(Pairs)}
        ### At rest

        {FlowReportTables.Rest(Pairs)}
        ### Where solves end

        Solves of drawn clips from several starts, continued to four times the default budget or the most that a request may spend, compared with where those from cold end.

        {ClipTables.Starts(Starts)}
        """.ReplaceLineEndings("\n");
}
