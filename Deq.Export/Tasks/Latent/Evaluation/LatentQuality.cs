using System.Globalization;
using Deq.Export.Evaluation;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Tasks.Latent.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Tasks.Latent.Evaluation;

/// <summary>How well joint inference explains held-out images, whole and damaged.</summary>
internal sealed class LatentQuality
{
    private const int Images = 256;
    private const int Evaluations = 100;

    /// <summary>Of what was measured.</summary>
    /// <param name="reports">One per kind of damage, at least one.</param>
    internal LatentQuality(IReadOnlyList<DamageReport> reports) => Reports = reports;

    /// <summary>One per kind of damage.</summary>
    public IReadOnlyList<DamageReport> Reports { get; }

    /// <summary>Measures on the images that training held out.</summary>
    public static LatentQuality Measure(ModelBundle bundle, IdxImages images, EvaluationRequest request)
    {
        LatentRecipe recipe = LatentRecipeReader.Read(VerifiedRecipe.In(bundle));
        var reports = new List<DamageReport>();
        foreach (DamagedImages damaged in DamagedImages.Of(images, recipe.Training.HeldOut, Images))
        {
            DamageReport report = Measure(bundle.Model, recipe.Inference, damaged);
            reports.Add(report);
            request.Report($"{report.Damage}: {report.Before:F2} -> {report.After:F2} dB");
        }

        return new LatentQuality(reports);
    }

    /// <summary>The page of the evaluation.</summary>
    public EvaluationPage Page(ModelManifest manifest)
    {
        string table = Table();
        return new EvaluationPage
        {
            Sentence = string.Join("; ", Reports.Select(report => $"{report.Damage}: {report.After:F2} dB")) + ".",
            Markdown = $"# {manifest.Name} {manifest.Version}\n\n{table}",
            Numbers = Reports,
            Quality = Figures(),
            Card = table,
        };
    }

    /// <summary>What the manifest says: a gain only of what was damaged.</summary>
    public IReadOnlyDictionary<string, double> Figures()
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (DamageReport report in Reports)
        {
            figures[$"psnr{report.Key}"] = Math.Round(report.After, 2);
            if (report.Gain is { } gain)
            {
                figures[$"gain{report.Key}"] = Math.Round(gain, 2);
            }
        }

        figures["images"] = Reports[0].Images;
        return figures;
    }

    private static DamageReport Measure(OnnxModel model, InferenceRecipe recipe, DamagedImages damaged)
    {
        var steps = new JointSteps { State = recipe.StateStep, Multiplier = recipe.MultiplierStep, Input = recipe.InputStep };
        var joint = new OnnxJointModel(model, new LeastSquares { Penalty = recipe.Prior }, steps);
        using OnnxJointLane lane = joint.OpenLane(damaged.Clean.Length);
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Named("picard"), TimeProvider.System, lane.Residual);
        float[] problem = new float[joint.InputLength];
        for (int i = 0; i < damaged.Clean.Length; i++)
        {
            LeastSquares.Write(damaged.Damaged[i], damaged.Weights[i], [], problem);
            batch.Join(RowGrant.Of(double.Epsilon, Evaluations), out int row);
            lane.Encode(problem, row);
            lane.Start(batch.IterateSlot, row);
        }

        float[][] found = new float[damaged.Clean.Length][];
        float[] output = new float[joint.OutputLength];
        var residuals = new List<double>();
        FixedPoint.Run(batch, done =>
        {
            lane.Decode(done.Slot, done.Row, output);
            found[done.Ticket] = joint.AnswerIn(output).ToArray();
            residuals.Add(output[^1]);
        });
        residuals.Sort();
        return new DamageReport(damaged.Name, damaged.Clean.Length, damaged.Quality(damaged.Damaged), damaged.Quality(found), residuals[residuals.Count / 2]);
    }

    private string Table() => string.Join('\n',
    [
        $"Joint inference from 0, {Evaluations} evaluations of f and as many products, on {Reports[0].Images} held-out images; peak signal-to-noise ratio, dB.",
        "",
        "| | given | found | gain | median residual |",
        "|---|--:|--:|--:|--:|",
        .. Reports.Select(report => string.Create(
            CultureInfo.InvariantCulture,
            $"| {report.Damage} | {(report.Gain is null ? "∞" : report.Before.ToString("F2", CultureInfo.InvariantCulture))} | {report.After:F2} | {report.Gain?.ToString("+0.00;-0.00", CultureInfo.InvariantCulture)} | {report.Residual:G2} |")),
        "",
    ]);
}

/// <summary>One kind of damage.</summary>
/// <param name="Damage">Its name.</param>
/// <param name="Images">How many.</param>
/// <param name="Before">PSNR of what was given, dB.</param>
/// <param name="After">PSNR of what was found, dB.</param>
/// <param name="Residual">Median of the kept iterates.</param>
internal sealed record DamageReport(string Damage, int Images, double Before, double After, double Residual)
{
    // Beyond any damage: what is left of equal images is the floor of the measure.
    private const double Undamaged = 100;

    /// <summary>dB; null where what was given was whole already.</summary>
    public double? Gain => Before > Undamaged ? null : After - Before;

    /// <summary>The first word of the name, as a part of names of figures.</summary>
    public string Key => char.ToUpperInvariant(Damage[0]) + Damage.Split(' ', ',')[0][1..];
}
