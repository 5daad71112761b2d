using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>ℓ = ½·Σ w·(output − y)² + ½ρ·‖x‖²: the input whose output explains y best where w is not 0.</summary>
/// <remarks>A row brings y, w and the x to start from: <c>[output, output, input]</c>.</remarks>
public sealed class LeastSquares : IJointProblem
{
    /// <summary>The weight of ½‖x‖², at least 0. Default 0.001.</summary>
    public double Penalty { get; init; } = 0.001;

    /// <summary>Where x comes from; a ball has its centre at 0. Default all of space.</summary>
    public InputBounds Bounds { get; init; } = InputBounds.None;

    /// <inheritdoc/>
    public int LengthOf(int input, int output) => (2 * output) + input;

    /// <summary>Writes what a row brings.</summary>
    /// <param name="target">y.</param>
    /// <param name="weights">w, as long; empty for 1.</param>
    /// <param name="start">The first x; empty for 0.</param>
    /// <param name="problem">Receives it.</param>
    public static void Write(ReadOnlySpan<float> target, ReadOnlySpan<float> weights, ReadOnlySpan<float> start, Span<float> problem)
    {
        target.CopyTo(problem);
        Span<float> counted = problem.Slice(target.Length, target.Length);
        counted.Fill(1);
        weights.CopyTo(counted);
        problem[(2 * target.Length)..].Clear();
        start.CopyTo(problem[(2 * target.Length)..]);
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> problem, ReadOnlySpan<float> output, Span<float> cotangent)
    {
        ReadOnlySpan<float> weights = problem.Slice(output.Length, output.Length);
        double loss = 0;
        for (int i = 0; i < output.Length; i++)
        {
            float difference = output[i] - problem[i];
            cotangent[i] = weights[i] * difference;
            loss += 0.5 * cotangent[i] * difference;
        }

        return loss;
    }

    /// <inheritdoc/>
    public double Prior(ReadOnlySpan<float> problem, ReadOnlySpan<float> x, Span<float> gradient)
    {
        TensorPrimitives.Multiply(x, (float)Penalty, gradient);
        return 0.5 * Penalty * TensorPrimitives.SumOfSquares(x);
    }

    /// <inheritdoc/>
    public void Start(ReadOnlySpan<float> problem, Span<float> x)
    {
        problem[^x.Length..].CopyTo(x);
        Project(problem, x);
    }

    /// <inheritdoc/>
    public void Project(ReadOnlySpan<float> problem, Span<float> x) => Bounds.Project([], x);
}
