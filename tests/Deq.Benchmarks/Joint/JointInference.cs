using System.Diagnostics;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Tasks.Latent.Evaluation;
using Deq.Export.Tasks.Latent.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Benchmarks.Joint;

/// <summary>Joint inference against projected gradient descent: evaluations and products to the same loss, on the shipped latent decoder.</summary>
internal static class JointInference
{
    private const int Images = 32;
    private const int OuterSteps = 40;
    private const double Rate = 0.1;
    private const int MostEvaluations = 400;
    private const int CheckedEvery = 10;
    private const int MostOuterSteps = 120;
    private const int OuterCheckedEvery = 2;

    private static readonly (string Name, int Inner, bool IsWarm)[] s_baselines =
    [
        ("cold, 20 inner", 20, false), ("warm, 6 inner", 6, true), ("warm, 3 inner", 3, true),
    ];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--data", "--model") is not { } report)
        {
            return 2;
        }

        using ModelBundle bundle = ModelBundle.Open(report["--model"] ?? Repository.Folder("models", "fashion-latent"), new ExecutionOptions());
        LatentRecipe recipe = LatentRecipeReader.Read(VerifiedRecipe.In(bundle));
        var images = IdxImages.Open(report["--data"] ?? Repository.Folder("..", "shared", "data", "fashion_mnist"));
        Row[] rows = [.. DamagedImages.Of(images, recipe.Training.HeldOut, Images).SelectMany(damaged => Measure(bundle.Model, recipe.Inference, damaged))];
        report.Write(Page(rows), rows);
        return 0;
    }

    private static IEnumerable<Row> Measure(OnnxModel model, InferenceRecipe recipe, DamagedImages damaged)
    {
        var problem = new LeastSquares { Penalty = recipe.Prior };
        float[][] problems = [.. damaged.Clean.Select((_, i) => Problem(problem, model, damaged, i))];
        using var truth = new TrueLoss(model, problem, problems);
        double target = 0;
        foreach ((string name, int inner, bool isWarm) in s_baselines)
        {
            Row row = Descend(model, problem, problems, truth, damaged, (name, inner, isWarm), target);
            target = isWarm ? target : row.Loss;
            yield return row;
        }

        var steps = new JointSteps { State = recipe.StateStep, Multiplier = recipe.MultiplierStep, Input = recipe.InputStep };
        foreach (string method in (string[])["picard", "anderson"])
        {
            yield return Joint(model, problem, problems, truth, damaged, (method, steps), target);
        }
    }

    private static float[] Problem(LeastSquares problem, OnnxModel model, DamagedImages damaged, int place)
    {
        float[] brought = new float[problem.LengthOf(model.InputLength, model.OutputLength)];
        LeastSquares.Write(damaged.Damaged[place], damaged.Weights[place], [], brought);
        return brought;
    }

    private static Row Descend(
        OnnxModel model, LeastSquares problem, float[][] problems, TrueLoss truth, DamagedImages damaged, (string Name, int Inner, bool IsWarm) baseline, double target)
    {
        using var descent = new ProjectedGradient(model, problem, problems, baseline.Inner, baseline.IsWarm);
        long busy = 0;
        int steps = 0;
        (double Loss, float[][] Outputs) at = (double.PositiveInfinity, []);
        while (baseline.IsWarm ? at.Loss > target && steps < MostOuterSteps : steps < OuterSteps)
        {
            long begun = Stopwatch.GetTimestamp();
            descent.Step(Rate);
            busy += Stopwatch.GetTimestamp() - begun;
            steps++;
            bool isMeasured = baseline.IsWarm ? steps % OuterCheckedEvery == 0 : steps == OuterSteps;
            at = isMeasured ? truth.Of(descent.X) : at;
        }

        return new Row(damaged.Name, $"gradient descent, {baseline.Name}", descent.Evaluations, !baseline.IsWarm || at.Loss <= target, at.Loss)
        {
            Before = damaged.Quality(damaged.Damaged),
            After = damaged.Quality(at.Outputs),
            Seconds = busy / (double)Stopwatch.Frequency,
        };
    }

    private static Row Joint(
        OnnxModel model, LeastSquares problem, float[][] problems, TrueLoss truth, DamagedImages damaged, (string Method, JointSteps Steps) way, double target)
    {
        var joint = new OnnxJointModel(model, problem, way.Steps);
        using OnnxJointLane lane = joint.OpenLane(problems.Length);
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Named(way.Method), TimeProvider.System, lane.Residual);
        foreach (float[] brought in problems)
        {
            batch.Join(RowGrant.Of(double.Epsilon, MostEvaluations + 1), out int row);
            lane.Encode(brought, row);
            lane.Start(batch.IterateSlot, row);
        }

        long busy = 0;
        int evaluations = 0;
        (double Loss, float[][] Outputs) at = (double.PositiveInfinity, []);
        float[] output = new float[joint.OutputLength];
        while (at.Loss > target && evaluations < MostEvaluations && batch.Rows == problems.Length && batch.Finished.Count == 0)
        {
            long begun = Stopwatch.GetTimestamp();
            batch.Step();
            busy += Stopwatch.GetTimestamp() - begun;
            if (++evaluations % CheckedEvery == 0)
            {
                at = truth.Of([.. problems.Select((_, row) =>
                {
                    lane.Decode(batch.IterateSlot, row, output);
                    return joint.InputIn(output).ToArray();
                })]);
            }
        }

        return new Row(damaged.Name, $"joint inference, {way.Method}", 2 * evaluations, at.Loss <= target, at.Loss)
        {
            Before = damaged.Quality(damaged.Damaged),
            After = damaged.Quality(at.Outputs),
            Seconds = busy / (double)Stopwatch.Frequency,
        };
    }

    private static string Page(Row[] rows)
    {
        IEnumerable<string> lines = rows.Select(row =>
        {
            double cold = rows.First(other => other.Task == row.Task).Evaluations;
            string count = row.Reached ? $"{row.Evaluations:F0}" : $"not in {row.Evaluations:F0}";
            return $"| {row.Task} | {row.Method} | {count} | {(row.Reached ? $"{cold / row.Evaluations:F1}×" : "")} | {row.Loss:F3} | {row.After:F2} | {(row.Before > 100 ? "" : $"{row.After - row.Before:+0.00;-0.00}")} | {row.Seconds:F2} |";
        });
        return $"""
            # Joint inference

            The latent of {Images} held-out images of Fashion-MNIST, whole and damaged, by the shipped `fashion-latent`. A column counts evaluations of f plus products with its
            Jacobian, mean per image, until the mean loss at the equilibrium of the latents is what cold gradient descent (Adam, rate {Rate}, inner tolerance 1e-3) reaches in
            {OuterSteps} steps. The loss is measured apart and counts for none; it is measured every {OuterCheckedEvery} steps of gradient descent and every {CheckedEvery} evaluations of joint inference. All start from 0. dB are peak signal-to-noise
            ratios of the image at that point; the gain is over the damaged image. Seconds are of {Images} images in one batch on one thread of a machine that was busy: compare them
            with each other alone.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- joint --markdown docs/results/joint-inference.md --json docs/results/joint-inference.json
            ```

            | task | method | evaluations + products | fewer than cold | loss | dB | gain | seconds |
            |---|---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            """;
    }

    /// <summary>One method on one task.</summary>
    private sealed record Row(string Task, string Method, double Evaluations, bool Reached, double Loss)
    {
        public required double Before { get; init; }

        public required double After { get; init; }

        public required double Seconds { get; init; }
    }
}
