using Deq.Export.Training;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>What an estimator reaches on clips it was not trained on, at rising budgets, from cold and from the carried state of the pair before.</summary>
public sealed record FlowValidationReport
{
    /// <summary>The budgets, evaluations.</summary>
    public static IReadOnlyList<int> Budgets { get; } = [1, 2, 4, 8, 12, 24, 48];

    /// <summary>Endpoint error of zero flow, pixels.</summary>
    public required double ZeroError { get; init; }

    /// <summary>Endpoint error per budget from cold, pixels.</summary>
    public required IReadOnlyList<double> ColdErrors { get; init; }

    /// <summary>The same where the next frame shows the pixel.</summary>
    public required IReadOnlyList<double> VisibleErrors { get; init; }

    /// <summary>Endpoint error of the guess, pixels.</summary>
    public required double GuessError { get; init; }

    /// <summary>Endpoint error per budget from the carried state, pixels.</summary>
    public required IReadOnlyList<double> CarriedErrors { get; init; }

    /// <summary>What the last evaluation of each budget still changed of the flow from cold, mean, pixels.</summary>
    public required IReadOnlyList<double> Changes { get; init; }
}

/// <summary>Validates on drawn clips of three frames: the second pair is measured, the first gives the state to carry.</summary>
/// <param name="recipe">Size and number of clips.</param>
/// <param name="network">The graphs.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where it runs.</param>
public sealed class FlowValidation(FlowRecipe recipe, FlowNetwork network, Photographs? photographs, Device device)
{
    // Another seed than any that a recipe trains with next to this one would use by chance.
    private const int OtherSeed = 0x5EED;
    private readonly FlowBatches _clips = new(recipe.Motion with { Frames = 3 }, recipe.Training.BatchSize, photographs, device);

    /// <summary>Measures parameters.</summary>
    public FlowValidationReport Run(ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        BoundFlowNetwork bound = network.Bind(parameters.Compose());
        int batches = (recipe.Training.ValidationPairs + recipe.Training.BatchSize - 1) / recipe.Training.BatchSize;
        double[,] sums = new double[5, FlowValidationReport.Budgets.Count];
        for (int batch = 0; batch < batches; batch++)
        {
            using IDisposable inner = NewDisposeScope();
            Measure(bound, _clips.Draw(recipe.Seed ^ OtherSeed, batch, progress: 1), sums);
        }

        return new FlowValidationReport
        {
            ZeroError = sums[4, 0] / batches,
            GuessError = sums[4, 1] / batches,
            ColdErrors = Row(0),
            VisibleErrors = Row(1),
            CarriedErrors = Row(2),
            Changes = Row(3),
        };

        double[] Row(int row) => [.. Enumerable.Range(0, sums.GetLength(1)).Select(column => sums[row, column] / batches)];
    }

    private static void Measure(BoundFlowNetwork bound, FlowBatch clips, double[,] sums)
    {
        Tensor truth = clips.Flows[1];
        Tensor visible = clips.Visible[1];
        Tensor[] first = bound.Encode(clips.Inputs[0]);
        Tensor[] second = bound.Encode(clips.Inputs[1]);
        Tensor cold = clips.GuessOf(1);
        Tensor carried = CarriedState.Forward(bound.Iterate(clips.GuessOf(0), first, 12), CarryOptions.AsTrained.Fill);
        sums[4, 0] += truth.norm(1).mean().item<float>();
        sums[4, 1] += FlowTrainingStep.Error(clips.Inputs[1].narrow(1, 6, 2), truth);
        int made = 0;
        for (int i = 0; i < FlowValidationReport.Budgets.Count; i++)
        {
            int budget = FlowValidationReport.Budgets[i];
            Tensor before = bound.Iterate(cold, second, budget - made - 1);
            cold = bound.Evaluate(before, second);
            carried = bound.Iterate(carried, second, budget - made);
            made = budget;
            Tensor flow = bound.Decode(cold, second);
            sums[0, i] += FlowTrainingStep.Error(flow, truth);
            sums[1, i] += (((flow - truth).norm(1, keepdim: true) * visible).sum() / visible.sum()).item<float>();
            sums[2, i] += FlowTrainingStep.Error(bound.Decode(carried, second), truth);
            Tensor change = cold - before;
            sums[3, i] += FlowSizes.Stride * change.norm(1).mean().item<float>();
        }
    }
}
