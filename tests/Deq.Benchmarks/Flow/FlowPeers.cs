using System.Diagnostics;
using System.Globalization;
using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using Deq.Testing;

namespace Deq.Benchmarks.Flow;

/// <summary>A flow model side by side with what else people would use, in one run.</summary>
internal static class FlowPeers
{
    private const int Threads = 2;
    private const int Repeats = 3;

    /// <summary>Of a camera that pans, σ in grey levels.</summary>
    private static readonly double[] s_noises = [0, 2];

    /// <summary>
    /// Options: <c>--data dir,dir</c> of pairs with truth, <c>--clips dir,dir</c> of frames, <c>--pans dir</c> of photographs, <c>--model dir</c>, default models/flow, <c>--python path</c>, default python3.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--clips", "--pans", "--model", "--python") is not { } report)
        {
            return 2;
        }

        string model = report["--model"] ?? Repository.Folder("models", "flow");
        using ModelBundle bundle = ModelBundle.Open(model, new ExecutionOptions());
        using var opencv = new OpenCvFlow(report["--python"] ?? "python3", Threads);
        List<PeerPair> pairs = [];
        using (ApiProcess server = ApiProcess.Start(Path.GetDirectoryName(Path.GetFullPath(model))!))
        {
            foreach (string directory in Directories(report["--data"]))
            {
                var data = FlowDataset.Open(directory);
                pairs.AddRange(Enumerable.Range(0, data.Count).Select(number => Pair(bundle, opencv, server, Path.GetFileName(directory), data.Read(number))));
            }
        }

        PeerClip[] clips = [.. Directories(report["--clips"]).SelectMany(directory => ClipFolders.Read(directory, [])).Select(clip => Clip(bundle, clip))];
        PeerPans[] pans = report["--pans"] is { } photographs ? [.. s_noises.Select(noise => new PeerPans(noise, [.. Pans.Over(photographs, noise).Select(pan => Clip(bundle, pan))]))] : [];
        report.Write(PeersPage.Markdown(bundle.Manifest.Name, pairs, clips, pans), new { pairs, clips, pans });
        return 0;
    }

    private static IEnumerable<string> Directories(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Path.TrimEndingDirectorySeparator) ?? [];

    private static PeerPair Pair(ModelBundle bundle, OpenCvFlow opencv, ApiProcess server, string family, FlowPair pair)
    {
        (PeerFlow fast, PeerFlow medium) = opencv.Estimate(pair.First, pair.Second);
        using var solver = new FlowSolver(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), Threads);
        solver.Encode(pair.First, pair.Second);
        SolveDefaults defaults = bundle.Manifest.Defaults;
        double[] onTheWay = new double[PeerPair.Counts.Count];
        FlowSolve solve = solver.Solve(RowGrant.Of(defaults.Tolerance, defaults.MaxEvaluations), []);
        FlowSolve atRest = solver.Solve(RowGrant.Of(defaults.ToleranceLimit, 4 * defaults.MaxEvaluations), [], (made, _, state) =>
        {
            if (PeerPair.Counts.ToList().IndexOf(made) is >= 0 and int place)
            {
                onTheWay[place] = Error(solver.Decode(state));
            }
        });
        (double rest, double used) = OverRest(server, bundle.Manifest.Name, pair);
        var answer = FlowErrors.Measure(pair.Truth, solver.Decode(solve.State));
        var row = new PeerPair
        {
            Family = family,
            Name = pair.Name,
            Size = $"{pair.First.Width} x {pair.First.Height}",
            Zero = Error(new ZeroFlow().Estimate(pair.First, pair.Second)),
            Farneback = Error(new FarnebackFlow().Estimate(pair.First, pair.Second)),
            Fast = FlowErrors.Measure(pair.Truth, fast.Flow),
            Medium = FlowErrors.Measure(pair.Truth, medium.Flow),
            Model = answer,
            FastMs = fast.WallMs,
            MediumMs = medium.WallMs,
            MediumProcessorMs = medium.ProcessorMs,
            RestMs = rest,
            ServerProcessorMs = used,
            Evaluations = solve.Solution.Evaluations,
            Converged = solve.Solution.Converged,
            OnTheWay = onTheWay,
            AtRest = Error(solver.Decode(atRest.State)),
            FromZero = Error(solver.Decode(solver.Solve(RowGrant.Of(defaults.Tolerance, 4 * defaults.MaxEvaluations), new float[solver.Layout.Length]).State)),
        };
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{family}/{pair.Name}: {answer.EndpointError:0.000} against {row.Medium.EndpointError:0.000}"));
        return row;

        double Error(FlowField flow) => FlowErrors.Measure(pair.Truth, flow).EndpointError;
    }

    private static (double RoundTripMs, double ProcessorMs) OverRest(ApiProcess server, string model, FlowPair pair)
    {
        byte[][] files = [OpenCvFlow.Png(pair.First), OpenCvFlow.Png(pair.Second)];
        List<(double Wall, double Processor)> trips = [];
        for (int i = -1; i < Repeats; i++)
        {
            using var form = new MultipartFormDataContent
            {
                { new ByteArrayContent(files[0]), "frame1", "1.png" },
                { new ByteArrayContent(files[1]), "frame2", "2.png" },
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/models/{model}/flow") { Content = form };
            request.Headers.Accept.ParseAdd("application/x-middlebury-flo");
            (long start, TimeSpan used) = (Stopwatch.GetTimestamp(), server.ProcessorTime);
            using HttpResponseMessage response = server.Client.Send(request);
            response.EnsureSuccessStatusCode();
            response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            if (i >= 0)
            {
                trips.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds, (server.ProcessorTime - used).TotalMilliseconds));
            }
        }

        return (Quantiles.Of(trips.Select(trip => trip.Wall), 0.5), Quantiles.Of(trips.Select(trip => trip.Processor), 0.5));
    }

    private static PeerClip Clip(ModelBundle bundle, FlowClip clip)
    {
        SolveDefaults defaults = bundle.Manifest.Defaults;
        var grant = RowGrant.Of(defaults.Tolerance, defaults.MaxEvaluations);
        using var solver = new FlowSolver(bundle, FixedPointMethods.Named(defaults.Solver), Threads);
        List<PeerFrame> frames = [];
        LastPair? last = null;
        for (int pair = 0; pair < clip.Pairs; pair++)
        {
            (DecodedImage first, DecodedImage second) = (clip.Frames[pair], clip.Frames[pair + 1]);
            (FlowOpening opening, FlowSolve cold, FlowField answer, double coldMs) = Solve(null);
            FlowSolve kept = cold;
            if (last is not null)
            {
                (opening, FlowSolve warm, FlowField other, double warmMs) = Solve(last);
                kept = warm;
                frames.Add(new PeerFrame(
                    cold.Solution.Evaluations, warm.Solution.Evaluations, coldMs, warmMs, FlowErrors.Measure(answer, other).EndpointError, opening.IsWarm));
            }

            last = new LastPair(kept.State, opening.MostLost);

            (FlowOpening Opening, FlowSolve Solve, FlowField Answer, double Ms) Solve(LastPair? before)
            {
                TimeSpan begun = Environment.CpuUsage.TotalTime;
                FlowOpening taken = solver.Encode(first, second, before);
                FlowSolve solve = solver.Solve(grant, []);
                FlowField flow = solver.Decode(solve.State);
                return (taken, solve, flow, (Environment.CpuUsage.TotalTime - begun).TotalMilliseconds);
            }
        }

        return new PeerClip(clip.Name, $"{clip.Frames[0].Width} x {clip.Frames[0].Height}", frames);
    }
}
