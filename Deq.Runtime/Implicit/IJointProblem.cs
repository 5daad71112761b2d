using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>What the input of a model is chosen by: min over x of ℓ(output, x) with z = f(z, x). Keeps nothing; shared by threads.</summary>
/// <remarks>What differs between rows, such as an image to explain, is a vector of numbers that each row brings: the problem's.</remarks>
public interface IJointProblem
{
    /// <summary>Numbers that a row brings.</summary>
    /// <param name="input">Numbers of x.</param>
    /// <param name="output">Numbers of the model's output.</param>
    int LengthOf(int input, int output);

    /// <summary>The part of ℓ that depends on the output.</summary>
    /// <param name="problem">What the row brought.</param>
    /// <param name="output">The output at z.</param>
    /// <param name="cotangent">Receives ∂ℓ/∂output.</param>
    double Loss(ReadOnlySpan<float> problem, ReadOnlySpan<float> output, Span<float> cotangent);

    /// <summary>The part of ℓ that depends on x itself.</summary>
    /// <param name="problem">What the row brought.</param>
    /// <param name="x">The input.</param>
    /// <param name="gradient">Receives ∂ℓ/∂x.</param>
    double Prior(ReadOnlySpan<float> problem, ReadOnlySpan<float> x, Span<float> gradient);

    /// <summary>Writes the x that the iteration starts from.</summary>
    void Start(ReadOnlySpan<float> problem, Span<float> x);

    /// <summary>Projects x on the set that it may come from.</summary>
    void Project(ReadOnlySpan<float> problem, Span<float> x);

    /// <summary>Writes where x goes next. Default: a step along the negative gradient, projected.</summary>
    /// <param name="problem">What the row brought.</param>
    /// <param name="at">x and what is known there.</param>
    /// <param name="step">How far, above 0.</param>
    /// <param name="next">Receives the next x.</param>
    void Step(ReadOnlySpan<float> problem, scoped in JointPoint at, double step, Span<float> next)
    {
        TensorPrimitives.MultiplyAdd(at.Gradient, (float)-step, at.X, next);
        Project(problem, next);
    }

    /// <summary>How good an iterate is as an answer: the least is kept. Default null: by the paper's rule of residual and loss.</summary>
    /// <param name="problem">What the row brought.</param>
    /// <param name="at">x and what is known there.</param>
    /// <param name="equilibrium">The larger of the relative residuals of state and multiplier.</param>
    double? RankOf(ReadOnlySpan<float> problem, scoped in JointPoint at, double equilibrium) => null;

    /// <summary>The length that steps of x are compared with. Default 0: the longest step of the solve.</summary>
    /// <param name="problem">What the row brought.</param>
    /// <param name="x">The input.</param>
    double ScaleOf(ReadOnlySpan<float> problem, ReadOnlySpan<float> x) => 0;

    /// <summary>Makes the encoder's input of x. Default: x is it.</summary>
    /// <param name="x">In the problem's units.</param>
    /// <param name="input">Receives the encoder's input, as long.</param>
    void Enter(ReadOnlySpan<float> x, Span<float> input) => x.CopyTo(input);

    /// <summary>Turns a gradient by the encoder's input into one by x, in place. Default: they are the same.</summary>
    void PullBack(Span<float> gradient)
    {
    }
}

/// <summary>An input and what the graphs of a model say at it.</summary>
public readonly ref struct JointPoint
{
    /// <summary>x.</summary>
    public required ReadOnlySpan<float> X { get; init; }

    /// <summary>dℓ/dx by the multiplier: exact where state and multiplier have converged.</summary>
    public required ReadOnlySpan<float> Gradient { get; init; }

    /// <summary>ℓ.</summary>
    public required double Loss { get; init; }
}
