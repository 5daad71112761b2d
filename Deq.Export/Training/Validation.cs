using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Tasks.Classification;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>Measures a model on held-out images at the tolerance and budget it will be served with.</summary>
public sealed class Validation : IDisposable
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
    public Validation(TrainingRecipe recipe, EquilibriumNetwork network, Device device)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _batch = recipe.Training.BatchSize;
        _grant = RowGrant.Of(recipe.Serving.Tolerance, recipe.Serving.MaxEvaluations);
        IFixedPointMethod method = FixedPointMethods.Named(recipe.Serving.Solver);
        _solver = new TorchSolver(
            _batch, network.Graphs.StateWidth, method, (z, companions) => _bound!.EvaluateLeft(z, companions[0], _batch), device: device);
    }

    /// <summary>Solves and classifies every held-out image.</summary>
    /// <param name="parameters">The weights to measure.</param>
    /// <param name="images">Where the held-out images are.</param>
    public ValidationReport Run(ModelParameters parameters, TrainingImages images)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(images);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        _bound = _network.Bind(parameters.Compose());
        var rows = new List<RowSolution>();
        long right = 0;
        double radius = double.NaN;
        foreach (int[] batch in images.HeldOut.Chunk(_batch))
        {
            using IDisposable step = NewDisposeScope();
            (Tensor input, Tensor labels) = images.Plain(batch);
            Tensor x = _bound.Encode(input);
            Tensor start = zeros(batch.Length, _network.Graphs.StateWidth, dtype: x.dtype, device: x.device);
            TorchSolution solution = _solver.Solve(start, _grant, x);
            right += (_bound.Decode(solution.State).argmax(1) == labels).sum().item<long>();
            radius = rows.Count == 0 ? Radius(solution.State, x) : radius;
            rows.AddRange(solution.Rows);
        }

        return new ValidationReport(right / (double)rows.Count, RowStatistics.Of(rows), radius);
    }

    /// <inheritdoc/>
    public void Dispose() => _solver.Dispose();

    private double Radius(Tensor state, Tensor x)
    {
        int rows = (int)Math.Min(RowsForSpectralRadius, state.shape[0]);
        BoundNetwork bound = _bound!;
        Tensor injection = x.narrow(0, 0, rows);
        return SpectralRadii.Median(z => bound.Evaluate(z, injection), state.narrow(0, 0, rows));
    }
}

/// <summary>What validation found.</summary>
/// <param name="Accuracy">Share right, in [0, 1].</param>
/// <param name="Solves">How the solves of all images ended.</param>
/// <param name="SpectralRadius">Median over a few images.</param>
public sealed record ValidationReport(double Accuracy, RowStatistics Solves, double SpectralRadius);
