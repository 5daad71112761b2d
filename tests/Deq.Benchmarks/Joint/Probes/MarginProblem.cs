using Deq.Runtime.Implicit;

namespace Deq.Benchmarks.Joint.Probes;

/// <summary>The margin alone, with a plain gradient step: what projected gradient descent needs of <see cref="NearestChange"/>.</summary>
/// <param name="change">Says margin and units.</param>
internal sealed class MarginProblem(NearestChange change) : IJointProblem
{
    public int LengthOf(int input, int output) => change.LengthOf(input, output);

    public double Loss(ReadOnlySpan<float> problem, ReadOnlySpan<float> output, Span<float> cotangent) => change.Loss(problem, output, cotangent);

    public double Prior(ReadOnlySpan<float> problem, ReadOnlySpan<float> x, Span<float> gradient) => change.Prior(problem, x, gradient);

    public void Start(ReadOnlySpan<float> problem, Span<float> x) => change.Start(problem, x);

    /// <summary>Leaves x as it is, so that a step tells the gradient; the descent projects.</summary>
    public void Project(ReadOnlySpan<float> problem, Span<float> x)
    {
    }

    public void Enter(ReadOnlySpan<float> x, Span<float> input) => change.Enter(x, input);

    public void PullBack(Span<float> gradient) => change.PullBack(gradient);
}
