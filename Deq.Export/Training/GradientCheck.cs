using Deq.Export.Gradients;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>Compares the gradient that a recipe's estimator gives with the exact one, on the loss alone, at the state that a step has found.</summary>
/// <param name="network">The graphs.</param>
/// <param name="state">The parameters; their gradients are left at zero.</param>
internal sealed class GradientCheck(EquilibriumNetwork network, TrainingState state) : IDisposable
{
    private const double Tolerance = 1e-5;
    private const int MostEvaluations = 300;

    private readonly ImplicitGradient _exact = new(new AndersonAcceleration { Depth = 8 }, RowGrant.Of(Tolerance, MostEvaluations));

    /// <summary>The cosine of the two, over all parameters.</summary>
    /// <param name="estimator">The recipe's.</param>
    /// <param name="input">Of the encoder, one row per sample.</param>
    /// <param name="loss">From the decoder's output to the loss.</param>
    /// <param name="mask">As in the step.</param>
    /// <param name="solution">As the step has found it.</param>
    public double Cosine(IGradientEstimator estimator, Tensor input, Func<Tensor, Tensor> loss, Tensor? mask, TorchSolution solution)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor estimate = Gradient(estimator, input, loss, mask, solution);
        Tensor exact = Gradient(_exact, input, loss, mask, solution);
        return (estimate.dot(exact) / (estimate.norm() * exact.norm())).item<float>();
    }

    public void Dispose() => _exact.Dispose();

    private Tensor Gradient(IGradientEstimator estimator, Tensor input, Func<Tensor, Tensor> loss, Tensor? mask, TorchSolution solution)
    {
        state.Optimizer.zero_grad();
        BoundNetwork bound = network.Bind(state.Parameters.Compose());
        var cell = new StepCell(bound, bound.Encode(input), mask, trajectory: null);
        GradientPass pass = estimator.Attach(cell.Evaluate, solution);
        autograd.backward(loss(bound.Decode(pass.State)), retain_graph: pass.CompletesGradient);
        pass.Complete();
        Tensor all = cat([.. state.Parameters.Trainable.Select(entry => (entry.Value.grad ?? zeros_like(entry.Value)).reshape(-1))], 0).clone();
        state.Optimizer.zero_grad();
        return all;
    }
}
