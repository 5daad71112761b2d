using System.Globalization;
using System.Text;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing;

namespace Deq.Benchmarks.Restoration;

/// <summary>The frames of videos restored each from where the last one ended, as streams do, beside the same frames restored alone.</summary>
internal static class RestorationClips
{
    private const int Width = 320;
    private const int Height = 240;

    private static readonly Damage[] s_damages =
    [
        new("noise", 20, true, _ => Degradation.OfNoise()),
        new("noise", 5, true, _ => Degradation.OfNoise()),
        new("half the size", 2.55, true, _ => Degradation.OfShrinking(2)),
    ];

    /// <summary>Options: <c>--clips dir[,dir…]</c>, each with the frames of a video in the order of their names; <c>--model dir</c>, default models/restore.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--clips", "--model") is not { } report || report["--clips"] is not { } clips)
        {
            Console.Error.WriteLine("--clips names folders with the frames of a video each, with commas between.");
            return 2;
        }

        using ModelBundle bundle = ModelBundle.Open(report["--model"] ?? Repository.Folder("models", "restore"), new ExecutionOptions { IntraOpThreads = Environment.ProcessorCount });
        ClipResult[] results = [.. clips.Split(',').SelectMany(directory => s_damages.Select(damage => Measure(bundle, directory, damage)))];
        report.Write(Page(results), results);
        return 0;
    }

    private static ClipResult Measure(ModelBundle bundle, string directory, Damage damage)
    {
        var solver = new RestorationSolver(bundle, TimeProvider.System);
        SolveDefaults defaults = bundle.Manifest.Defaults;
        IFixedPointMethod method = defaults.Method(defaults.Solver);
        var frames = new List<FrameResult>();
        float[]? last = null;
        foreach (GreyPicture picture in GreyPhotographs.Open(directory, shrink: 1).All)
        {
            DamagedPicture damaged = damage.Apply(picture.Cut((picture.Height - Height) / 2, (picture.Width - Width) / 2, Height, Width), frames.Count);
            var problem = new RestorationProblem(damaged.Degradation, damaged.Height, damaged.Width, bundle.Manifest, damaged.Sigma, lambda: 1);
            RowGrant grant = defaults.Grant(problem.UsualTolerance(defaults.Tolerance), problem.UsualEvaluations(defaults.MaxEvaluations));
            RestoredPlane cold = solver.Solve(problem, damaged.Measured, method, grant);
            float[] start = [.. cold.Start];
            double continued = last is null ? 0 : problem.Continue(last, damaged.Measured, start);
            RestoredPlane warm = last is null ? cold : solver.Solve(problem, damaged.Measured, method, grant, start);
            last = warm.Output;
            frames.Add(new FrameResult(continued, Of(cold), Of(warm)));

            SolveResult Of(RestoredPlane plane) => new(
                plane.Solution.Evaluations, plane.Solution.Converged, plane.Time.TotalMilliseconds, PictureQuality.PeakSignalToNoise(plane.Picture, damaged.Clean.Pixels));
        }

        // The first frame has none before it.
        var later = frames.Skip(1).ToArray();
        return new ClipResult(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)), damage.Name, damage.Sigma, later.Length, later.Average(frame => frame.Continued),
            SolveResult.Mean([.. later.Select(frame => frame.Cold)]), SolveResult.Mean([.. later.Select(frame => frame.Warm)]), later.All(frame => frame.Warm.Converged && frame.Cold.Converged));
    }

    private static string Page(IReadOnlyList<ClipResult> results)
    {
        var page = new StringBuilder("""
            # Restored videos
            Frames of videos, their middle 320 × 240 pixels in grey, damaged each by noise of its own and restored twice: alone, and from where the last frame's solve ended in those blocks of
            8 × 8 pixels that its answer explains, as a [stream](../streams.md#restored-frames) does. The first frame of a clip is left out. One solve at a time; times are of a machine that other work shared.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- restore-video --clips <frames of a video>,<of another> --json docs/results/restore-video.json --markdown docs/results/restore-video.md
            ```

            | clip | damage | σ | frames | blocks continued | evaluations alone | in the stream | of those alone | ms alone | in the stream | dB alone | in the stream | converged |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|

            """.ReplaceLineEndings("\n"));
        foreach (ClipResult result in results)
        {
            (SolveResult cold, SolveResult warm) = (result.Cold, result.Warm);
            page.Append(CultureInfo.InvariantCulture, $"| {result.Clip} | {result.Damage} | {result.Sigma} | {result.Frames} | {100 * result.Continued:0} % | {cold.Evaluations:0.0} | {warm.Evaluations:0.0} | ")
                .Append(CultureInfo.InvariantCulture, $"{warm.Evaluations / cold.Evaluations:0.00} | {cold.Milliseconds:0} | {warm.Milliseconds:0} | {cold.Decibels:0.00} | {warm.Decibels:0.00} | {(result.AllConverged ? "all" : "not all")} |\n");
        }

        return page.ToString();
    }

    /// <summary>A clip with one kind of damage: means over its frames but the first.</summary>
    private sealed record ClipResult(
        string Clip, string Damage, double Sigma, int Frames, double Continued, SolveResult Cold, SolveResult Warm, bool AllConverged);

    private sealed record FrameResult(double Continued, SolveResult Cold, SolveResult Warm);

    private sealed record SolveResult(double Evaluations, bool Converged, double Milliseconds, double Decibels)
    {
        public static SolveResult Mean(IReadOnlyList<SolveResult> all) => new(
            all.Average(each => each.Evaluations), all.All(each => each.Converged), all.Average(each => each.Milliseconds), all.Average(each => each.Decibels));
    }
}
