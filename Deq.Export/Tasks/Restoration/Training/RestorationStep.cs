using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>What one step minimizes: the squared error of restored patches by the scale of each, its gradient through the equilibrium as the recipe says.</summary>
internal sealed class RestorationStep : IDisposable
{
    // Pixels at each edge that the loss leaves out, at most a quarter of the side: filters there see the zeros beyond it.
    private const int MostEdge = RestorationTask.Margin;

    // Of the draws that decide whether a step is lossy, and what of it.
    private const int LossyStream = 4;

    private readonly RestorationRecipe _recipe;
    private readonly EquilibriumNetwork _network;
    private readonly TrainingState _state;
    private readonly GreyPhotographs _photographs;
    private readonly Device _device;
    private readonly ModelManifest _manifest;
    private readonly IGradientEstimator _gradient;
    private readonly TorchSolver _solver;
    private Func<Tensor, IReadOnlyList<Tensor>, Tensor> _cell = (z, _) => z;

    /// <summary>Allocates the solver's buffers.</summary>
    public RestorationStep(RestorationRecipe recipe, EquilibriumNetwork network, TrainingState state, GreyPhotographs photographs, Device device)
    {
        (_recipe, _network, _state, _photographs, _device) = (recipe, network, state, photographs, device);
        _manifest = RestorationTask.Described(recipe);
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
        DamagedPatches patches = Draw(step);
        FilterBounds.Project(_state.Parameters);
        BoundNetwork bound = _network.Bind(_state.Parameters.Compose(training: true));
        Tensor[] x = [.. bound.Encode(patches.Planes), .. patches.Term?.PerRow ?? []];
        Tensor Flat(Tensor z, IReadOnlyList<Tensor> perRow) => Evaluate(bound, patches.Term, z.view(-1, 1, _recipe.Training.Patch, _recipe.Training.Patch), perRow).flatten(1);
        _cell = Flat;
        TorchSolution solution = _solver.Solve(
            patches.Start.flatten(1), patches.Grant(_recipe.Solver.Tolerance, _recipe.Solver.MaxEvaluations), [.. x.Select(part => part.detach())]);
        GradientPass pass = _gradient.Attach(z => Flat(z, Rows(x, z)), solution);
        BackwardReport? backward = null;
        return new StepObjective
        {
            Loss = Error(pass.State.view_as(patches.Clean), patches.Clean, patches.Scale),
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

    /// <summary>f of the server: the cell, and what the host does to its step where pixels are lost.</summary>
    /// <param name="bound">The graphs with weights.</param>
    /// <param name="term">What the host does; null for nothing.</param>
    /// <param name="z"><c>[B, 1, S, S]</c>.</param>
    /// <param name="perRow">The encoder's outputs, then what the term has by row.</param>
    public static Tensor Evaluate(BoundNetwork bound, LossyTerm? term, Tensor z, IReadOnlyList<Tensor> perRow)
    {
        int own = term?.PerRow.Count ?? 0;
        Tensor mapped = bound.Evaluate(z, [.. perRow.SkipLast(own)]);
        return term is null ? mapped : term.Complete(z, mapped, [.. perRow.TakeLast(own)]);
    }

    private DamagedPatches Draw(int step)
    {
        var lossy = new SplitMix64(_recipe.Seed, LossyStream, step);
        if (lossy.NextShare() < _recipe.Training.LossyShare)
        {
            return LossyPatches.Draw(_photographs, _recipe, _manifest, lossy, _device);
        }

        int unguided = (int)(_recipe.Training.UnguidedShare * _recipe.Training.BatchSize);
        return NoisyPatches.Draw(_photographs, _recipe, new SplitMix64(_recipe.Seed, stream: 3, item: step), unguided, _device);
    }

    /// <summary>Mean over patches of the squared error by each one's scale, grey levels.</summary>
    private static Tensor Error(Tensor picture, Tensor clean, Tensor scale)
    {
        long edge = Math.Min(MostEdge, clean.shape[2] / 4), kept = clean.shape[2] - (2 * edge);
        Tensor error = (picture - clean).narrow(2, edge, kept).narrow(3, edge, kept);
        return (error.Squared().mean([1, 2, 3]) / scale.flatten()).mean().Times(255);
    }

    private static Tensor[] Rows(Tensor[] x, Tensor z) =>
        z.shape[0] == x[0].shape[0] ? x : [.. x.Select(part => part.narrow(0, 0, z.shape[0]))];
}
