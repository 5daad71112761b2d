using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>ℓ = c·max(0, margin + κ) + ½‖x − x₀‖²: the input nearest to x₀ to which another label is answered.</summary>
/// <remarks>
/// The margin is the logit of the label minus the largest other one: negative where the answer has changed. A row brings x₀ and the label:
/// <c>[input, 1]</c>. Source of the loss: Carlini and Wagner, "Towards evaluating the robustness of neural networks" (2017), section V.
/// </remarks>
public sealed class NearestChange : IJointProblem
{
    /// <summary>c, what a unit of margin counts in units of ½‖x − x₀‖², above 0. Default 10.</summary>
    public double MarginWeight { get; init; } = 10;

    /// <summary>κ, by how much the other logit is to be ahead, at least 0. Default 0.1.</summary>
    public double Lead { get; init; } = 0.1;

    /// <summary>Where x comes from; a ball has its centre at x₀. Default all of space.</summary>
    public InputBounds Bounds { get; init; } = InputBounds.None;

    /// <inheritdoc/>
    public int LengthOf(int input, int output) => input + 1;

    /// <summary>Writes what a row brings.</summary>
    /// <param name="image">x₀.</param>
    /// <param name="label">The label that is to change.</param>
    /// <param name="problem">Receives it.</param>
    public static void Write(ReadOnlySpan<float> image, int label, Span<float> problem)
    {
        image.CopyTo(problem);
        problem[image.Length] = label;
    }

    /// <summary>The logit of a label minus the largest other one.</summary>
    /// <param name="logits">At least 2.</param>
    /// <param name="label">Its index.</param>
    /// <param name="rival">The other one's index.</param>
    public static double Margin(ReadOnlySpan<float> logits, int label, out int rival)
    {
        rival = label == 0 ? 1 : 0;
        for (int i = 0; i < logits.Length; i++)
        {
            rival = i != label && logits[i] > logits[rival] ? i : rival;
        }

        return logits[label] - logits[rival];
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> problem, ReadOnlySpan<float> output, Span<float> cotangent)
    {
        int label = (int)problem[^1];
        double missing = Margin(output, label, out int rival) + Lead;
        cotangent.Clear();
        if (missing > 0)
        {
            (cotangent[label], cotangent[rival]) = ((float)MarginWeight, -(float)MarginWeight);
        }

        return double.IsNaN(missing) ? missing : MarginWeight * Math.Max(0, missing);
    }

    /// <inheritdoc/>
    public double Prior(ReadOnlySpan<float> problem, ReadOnlySpan<float> x, Span<float> gradient)
    {
        TensorPrimitives.Subtract(x, problem[..x.Length], gradient);
        return 0.5 * TensorPrimitives.SumOfSquares<float>(gradient);
    }

    /// <inheritdoc/>
    public void Start(ReadOnlySpan<float> problem, Span<float> x) => problem[..x.Length].CopyTo(x);

    /// <inheritdoc/>
    public void Project(ReadOnlySpan<float> problem, Span<float> x) => Bounds.Project(problem[..x.Length], x);
}
