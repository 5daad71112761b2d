using Deq.Export.Graphs;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Tasks.Classification;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Benchmarks.Estimators;

/// <summary>How many evaluations held-out images take at trained weights.</summary>
internal static class HeldOutSolves
{
    /// <summary>The relative residual that ends a solve.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The most evaluations of a solve.</summary>
    public const int Limit = 100;

    /// <summary>The methods that solve.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["anderson", "picard"];

    /// <summary>Counts, method by method, for the first held-out images.</summary>
    /// <param name="recipe">Of the run.</param>
    /// <param name="checkpoint">Where its averaged weights are.</param>
    /// <param name="images">Split as the recipe says.</param>
    /// <param name="count">The most images.</param>
    public static IReadOnlyList<SolveCount> Count(TrainingRecipe recipe, string checkpoint, TrainingImages images, int count)
    {
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, images.Labels.Count);
        var network = new EquilibriumNetwork(graphs);
        using var parameters = new ModelParameters(graphs.Weights, recipe.Seed);
        Checkpoint.ReadAverage(checkpoint, parameters);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        BoundNetwork bound = network.Bind(parameters.Compose());
        return [.. Methods.Select(method => Count(recipe, bound, graphs.StateWidth, method, images, count))];
    }

    private static SolveCount Count(TrainingRecipe recipe, BoundNetwork bound, int width, string method, TrainingImages images, int count)
    {
        int batch = recipe.Training.BatchSize;
        using var solver = new TorchSolver(batch, width, FixedPointMethods.Named(method), (z, companions) => bound.Evaluate(z, companions[0]));
        List<RowSolution> rows = [];
        foreach (int[] indices in images.HeldOut.Take(count).Chunk(batch))
        {
            using IDisposable step = NewDisposeScope();
            Tensor x = bound.Encode(images.Plain(indices).Images);
            rows.AddRange(solver.Solve(zeros(indices.Length, width), RowGrant.Of(Tolerance, Limit), x).Rows);
        }

        double[] evaluations = [.. rows.Select(row => row.Converged ? row.Evaluations : (double)Limit)];
        return new SolveCount(method, evaluations.Average(), PairedGap.Median(evaluations), rows.Count(row => row.Converged) / (double)rows.Count);
    }
}
