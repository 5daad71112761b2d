using System.Globalization;
using Deq.Export.Evaluation;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Benchmarks.Restoration;

/// <summary>A restorer on every kind of damage beside what libraries have, in colour, by tolerance and budget, and its time.</summary>
internal static class RestorationResults
{
    private const double ColourSigma = 25;

    /// <summary>
    /// Options: <c>--data dir</c> of grey pictures, of which every tenth is measured (<c>--every 1</c>: all), <c>--colour dir</c> of pictures in colour,
    /// <c>--model dir</c>, default models/restore, <c>--python path</c> for the peers, <c>--bm3d count</c> of pictures, default 12.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--every", "--colour", "--model", "--python", "--bm3d") is not { } report || report["--data"] is not { } data)
        {
            Console.Error.WriteLine("--data names a folder of pictures.");
            return 2;
        }

        string model = report["--model"] ?? Repository.Folder("models", "restore");
        var all = GreyPhotographs.Open(data, shrink: 1);
        int every = Number("--every", 10);
        GreyPicture[] pictures = [.. (every == 1 ? all : all.Part(every, isHeldOut: true)).All];
        GreyPicture[] few = [.. pictures.Take(RestorationQuality.FewPictures)];
        using ModelBundle bundle = ModelBundle.Open(model, new ExecutionOptions());
        var quality = RestorationQuality.Measure(bundle, pictures, new EvaluationRequest
        {
            Data = [],
            Defaults = bundle.Manifest.Defaults,
            Threads = 1,
            Report = Console.Error.WriteLine,
            Clock = TimeProvider.System,
        });
        RestorationColours? colours = report["--colour"] is { } folder ? RestorationColours.Measure(bundle, folder, ColourSigma) : null;
        RestorationCosts[] costs = [.. RestorationCosts.Measure(model, few[0], threads: 2)];
        IReadOnlyList<IReadOnlyList<PeerResult>> peers = report["--python"] is { } python ? RestorationPeers.Measure(python, few, Number("--bm3d", few.Length)) : [];
        report.Write(RestorationPage.Markdown(quality, peers, colours, costs), new
        {
            reports = quality.Reports,
            tolerances = quality.Tolerances.Select(line => new { line.Tolerance, line.Report.Restored, line.Report.Evaluations }),
            budgets = quality.Budgets.Select(line => new { line.Evaluations, line.Report.Restored }),
            quality.OtherStart,
            peers,
            colours,
            costs,
        });
        return 0;

        int Number(string option, int usual) => int.Parse(report[option] ?? $"{usual}", CultureInfo.InvariantCulture);
    }
}
