using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>What one step minimizes: the mean absolute error of restored patches, its gradient through the equilibrium as the recipe says.</summary>
internal sealed class RestorationStep : IDisposable
{
    // Pixels at each edge that the loss leaves out: filters there see the zeros beyond it.
    private const int Edge = 4;

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
        NoisyPatches patches = NoisyPatches.Draw(_photographs, _recipe, new SplitMix64(_recipe.Seed, stream: 3, item: step), _device);
        FilterBounds.Project(_state.Parameters);
        BoundNetwork bound = _network.Bind(_state.Parameters.Compose(training: true));
        Tensor[] x = bound.Encode(patches.Planes);
        long side = _recipe.Training.Patch;
        Tensor Flat(Tensor z, IReadOnlyList<Tensor> injections) => bound.Evaluate(z.view(-1, 1, side, side), injections).flatten(1);
        _cell = Flat;
        TorchSolution solution = _solver.Solve(
            patches.Noisy.flatten(1), RowGrant.Of(_recipe.Solver.Tolerance, _recipe.Solver.MaxEvaluations), [.. x.Select(part => part.detach())]);
        GradientPass pass = _gradient.Attach(z => Flat(z, Rows(x, z)), solution);
        Tensor error = (pass.State.view(-1, 1, side, side) - patches.Clean).narrow(2, Edge, side - (2 * Edge)).narrow(3, Edge, side - (2 * Edge));
        BackwardReport? backward = null;
        return new StepObjective
        {
            Loss = error.abs().mean().Times(255),
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

    private static Tensor[] Rows(Tensor[] x, Tensor z) =>
        z.shape[0] == x[0].shape[0] ? x : [.. x.Select(part => part.narrow(0, 0, z.shape[0]))];
}
