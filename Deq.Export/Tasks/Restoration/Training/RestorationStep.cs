using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>What one step minimizes: the squared error of restored patches by the noise of each, its gradient through the equilibrium as the recipe says.</summary>
internal sealed class RestorationStep : IDisposable
{
    // Pixels at each edge that the loss leaves out, at most a quarter of the side: filters there see the zeros beyond it.
    private const int MostEdge = 8;

    private readonly RestorationRecipe _recipe;
    private readonly EquilibriumNetwork _network;
    private readonly TrainingState _state;
    private readonly GreyPhotographs _photographs;
    private readonly Device _device;
    private readonly IGradientEstimator _gradient;
    private readonly TorchSolver _solver;
    private Func<Tensor, IReadOnlyList<Tensor>, Tensor> _cell = (z, _) => z;

    /// <summary>Allocates the solver's buffers.</summary>
    public RestorationStep(RestorationRecipe recipe, EquilibriumNetwork network, TrainingState state, GreyPhotographs photographs, Device device)
    {
        (_recipe, _network, _state, _photographs, _device) = (recipe, network, state, photographs, device);
        _gradient = GradientCatalogue.Make(recipe.Gradient, recipe.Solver);
        _solver = new TorchSolver(
            recipe.Training.BatchSize,
            recipe.Training.Patch * recipe.Training.Patch,
            FixedPointMethods.Named(recipe.Solver.Method),
            (z, x) => _cell(z, x),
            device: device);
    }

    /// <summary>Computes the loss of a step; its tensors belong to the dispose scope of the caller.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    public StepObjective Make(int step)
    {
        int unguided = (int)(_recipe.Training.UnguidedShare * _recipe.Training.BatchSize);
        NoisyPatches patches = NoisyPatches.Draw(_photographs, _recipe, new SplitMix64(_recipe.Seed, stream: 3, item: step), unguided, _device);
        FilterBounds.Project(_state.Parameters);
        BoundNetwork bound = _network.Bind(_state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(patches.Planes);
        long side = _recipe.Training.Patch;
        Tensor Flat(Tensor z, IReadOnlyList<Tensor> injections) => bound.Evaluate(z.view(-1, 1, side, side), injections).flatten(1);
        _cell = Flat;
        TorchSolution solution = _solver.Solve(
            patches.Noisy.flatten(1), RowGrant.Of(_recipe.Solver.Tolerance, _recipe.Solver.MaxEvaluations), [.. x.Select(part => part.detach())]);
        GradientPass pass = _gradient.Attach(z => Flat(z, Rows(x, z)), solution);
        BackwardReport? backward = null;
        return new StepObjective
        {
            Loss = Error(pass.State.view(-1, 1, side, side), patches.Clean, patches.Sigma),
            RetainsGraph = pass.CompletesGradient,
            Differentiated = () => backward = pass.Complete(),
            Measure = () =>
            [
                new("evaluations", solution.Statistics.MeanEvaluations, 1),
                new("residual", solution.Statistics.MeanResidual, 1),
                new("backward_evaluations", backward!.Evaluations, 1),
                new("backward_residual", backward.Residual, 1),
            ],
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _gradient.Dispose();
    }

    /// <summary>Mean over patches of the squared error by σ, grey levels.</summary>
    private static Tensor Error(Tensor picture, Tensor clean, Tensor sigma)
    {
        long edge = Math.Min(MostEdge, clean.shape[2] / 4), kept = clean.shape[2] - (2 * edge);
        Tensor error = (picture - clean).narrow(2, edge, kept).narrow(3, edge, kept);
        return (error.Squared().mean([1, 2, 3]) / sigma.flatten()).mean().Times(255);
    }

    private static Tensor[] Rows(Tensor[] x, Tensor z) =>
        z.shape[0] == x[0].shape[0] ? x : [.. x.Select(part => part.narrow(0, 0, z.shape[0]))];
}
