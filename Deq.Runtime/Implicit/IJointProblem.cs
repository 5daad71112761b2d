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
}
