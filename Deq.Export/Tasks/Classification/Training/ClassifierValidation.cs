using Deq.Export.Solving;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>Measures a model on held-out images at the tolerance and budget it will be served with.</summary>
internal sealed class ClassifierValidation : IDisposable
{
    private const int RowsForSpectralRadius = 8;

    private readonly EquilibriumNetwork _network;
    private readonly TorchSolver _solver;
    private readonly RowGrant _grant;
    private readonly int _batch;
    private BoundNetwork? _bound;

    /// <summary>Allocates the solver's buffers.</summary>
    /// <param name="recipe">Serving defaults and batch size.</param>
    /// <param name="network">The graphs.</param>
    /// <param name="device">Where to run.</param>
    public ClassifierValidation(ClassifierRecipe recipe, EquilibriumNetwork network, Device device)
    {
        _network = network;
        _batch = recipe.Training.BatchSize;
        _grant = RowGrant.Of(recipe.Serving.Tolerance, recipe.Serving.MaxEvaluations);
        IFixedPointMethod method = FixedPointMethods.Named(recipe.Serving.Solver);
        _solver = new TorchSolver(
            _batch, network.Graphs.StateWidth, method, (z, x) => _bound!.EvaluateLeft(z, x, _batch), device: device);
    }

    /// <summary>Solves and classifies every held-out image.</summary>
    /// <param name="parameters">The weights to measure.</param>
    /// <param name="images">Where the held-out images are.</param>
    public IReadOnlyDictionary<string, double> Run(ModelParameters parameters, TrainingImages images)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        _bound = _network.Bind(parameters.Compose());
        var rows = new List<RowSolution>();
        long right = 0;
        foreach (int[] batch in images.HeldOut.Chunk(_batch))
        {
            using IDisposable step = NewDisposeScope();
            (_, Tensor labels, TorchSolution solution) = Solve(images, batch);
            right += (_bound.Decode(solution.State).argmax(1) == labels).sum().item<long>();
            rows.AddRange(solution.Rows);
        }

        RowStatistics solves = RowStatistics.Of(rows);
        return new Dictionary<string, double>
        {
            ["accuracy"] = right / (double)rows.Count,
            ["evaluations"] = solves.MeanEvaluations,
            ["residual"] = solves.MeanResidual,
            ["converged_share"] = solves.ConvergedShare,
            ["spectral_radius"] = Radius(images),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _solver.Dispose();

    private (Tensor[] X, Tensor Labels, TorchSolution Solution) Solve(TrainingImages images, int[] batch)
    {
        (Tensor input, Tensor labels) = images.Plain(batch);
        Tensor[] x = _bound!.Encode(input);
        Tensor start = zeros(batch.Length, _network.Graphs.StateWidth, dtype: x[0].dtype, device: x[0].device);
        return (x, labels, _solver.Solve(start, _grant, x));
    }

    /// <summary>The median over a few images of all classes: the first ones would all be of one.</summary>
    private double Radius(TrainingImages images)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor[] x, _, TorchSolution solution) = Solve(images, images.SampleOfHeldOut(Math.Min(RowsForSpectralRadius, _batch)));
        BoundNetwork bound = _bound!;
        return SpectralRadii.Median(z => bound.Evaluate(z, x), solution.State);
    }
}
