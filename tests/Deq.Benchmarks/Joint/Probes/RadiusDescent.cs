using System.Numerics.Tensors;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;

namespace Deq.Benchmarks.Joint.Probes;

/// <summary>The baseline: projected gradient descent on the margin within a ball, in steps of equal length, then bisection back towards the image.</summary>
/// <remarks>Madry and others, "Towards deep learning models resistant to adversarial attacks" (2018), with L2 steps; solves start from the last step's.</remarks>
internal static class RadiusDescent
{
    private const int Steps = 40;
    private const int Inner = 3;
    private const int Halvings = 6;

    /// <summary>How far all steps together would lead, in radii.</summary>
    private const double Reach = 2.5;

    /// <summary>The L2 norm of the smallest change found of each image, ∞ for none, and evaluations plus products per image.</summary>
    public static (double[] Changes, double Cost) Run(OnnxModel model, NearestChange change, float[][] images, int[] labels, double radius)
    {
        float[][] problems = [.. images.Select((image, i) =>
        {
            float[] brought = new float[change.LengthOf(model.InputLength, model.OutputLength)];
            NearestChange.Write(image, labels[i], wanted: null, radius, brought);
            return brought;
        })];
        using var descent = new ProjectedGradient(model, new MarginProblem(change), problems, Inner, isWarm: true);
        for (int step = 0; step < Steps; step++)
        {
            descent.Step((row, end) => Move(change, problems[row], descent.X[row], end, Reach * radius / Steps));
        }

        using var cold = new ColdLabels(model, change, images.Length);
        double[] changes = Shortest(cold, images, labels, descent.X);
        return (changes, descent.Evaluations + cold.Evaluations);
    }

    private static void Move(NearestChange change, float[] problem, float[] x, float[] end, double length)
    {
        TensorPrimitives.Subtract(end, x, end);
        float norm = TensorPrimitives.Norm<float>(end);
        if (norm > 0)
        {
            TensorPrimitives.MultiplyAdd(end, (float)length / norm, x, x);
            change.Project(problem, x);
        }
    }

    /// <summary>The least share of each change that changes the label, by bisection of the way from the image.</summary>
    private static double[] Shortest(ColdLabels cold, float[][] images, int[] labels, float[][] found)
    {
        (double[] least, double[] most) = (new double[images.Length], [.. images.Select(_ => double.PositiveInfinity)]);
        double[] shares = [.. images.Select(_ => 1.0)];
        for (int round = 0; round <= Halvings; round++)
        {
            int[] answers = cold.Of([.. images.Select((image, i) => Between(image, found[i], shares[i]))]);
            for (int i = 0; i < images.Length; i++)
            {
                (least[i], most[i]) = answers[i] != labels[i] ? (least[i], shares[i]) : (shares[i], most[i]);
                shares[i] = double.IsFinite(most[i]) ? (least[i] + most[i]) / 2 : 1;
            }
        }

        return [.. images.Select((image, i) => double.IsFinite(most[i]) ? most[i] * TensorPrimitives.Distance<float>(image, found[i]) : double.PositiveInfinity)];
    }

    private static float[] Between(float[] image, float[] other, double share)
    {
        float[] between = new float[image.Length];
        TensorPrimitives.Lerp(image, other, (float)share, between);
        return between;
    }
}
