using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>Validates on drawn pairs.</summary>
/// <param name="recipe">Size and number of clips.</param>
/// <param name="network">The graphs.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where it runs.</param>
internal sealed class FlowValidation(FlowRecipe recipe, EquilibriumNetwork network, Photographs? photographs, Device device)
{
    // Another seed than any that a recipe trains with next to this one would use by chance.
    private const int OtherSeed = 0x5EED;
    private readonly FlowBatches _clips = new(recipe.Motion, recipe.Training.BatchSize, photographs, device);

    /// <summary>The budgets, evaluations.</summary>
    public static IReadOnlyList<int> Budgets { get; } = [1, 2, 4, 8, 12, 24, 48];

    /// <summary>Measures parameters at every budget.</summary>
    /// <returns>
    /// <c>zero_epe</c> and <c>guess_epe</c>, the endpoint errors of zero flow and of the guess, and per budget n in pixels <c>cold_n</c> and <c>visible_n</c> (where the next frame shows the
    /// pixel), endpoint errors, and <c>change_n</c>, what the last evaluation from cold still changed of the flow.
    /// </returns>
    public IReadOnlyDictionary<string, double> Run(ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        BoundNetwork bound = network.Bind(parameters.Compose());
        int batches = (recipe.Training.ValidationPairs + recipe.Training.BatchSize - 1) / recipe.Training.BatchSize;
        var means = new RunningMeans();
        for (int batch = 0; batch < batches; batch++)
        {
            using IDisposable inner = NewDisposeScope();
            means = means.With(Measure(bound, _clips.Draw(recipe.Seed ^ OtherSeed, batch, progress: 1)));
        }

        return means.Sums.Keys.ToDictionary(name => name, name => means[name]);
    }

    private static List<Measured> Measure(BoundNetwork bound, FlowBatch clips)
    {
        Tensor truth = clips.Flows[0];
        Tensor visible = clips.Visible[0];
        Tensor[] x = bound.Encode(clips.Inputs[0]);
        Tensor cold = clips.GuessOf(0);
        List<Measured> measured =
        [
            new("zero_epe", truth.norm(1).mean().item<float>(), 1),
            new("guess_epe", FlowTrainingStep.Error(clips.Inputs[0].narrow(1, 6, 2), truth), 1),
        ];
        int made = 0;
        foreach (int budget in Budgets)
        {
            Tensor before = bound.Iterate(cold, x, budget - made - 1);
            cold = bound.Evaluate(before, x);
            made = budget;
            Tensor flow = bound.Decode(cold, x);
            Tensor change = cold - before;
            measured.Add(new($"cold_{budget}", FlowTrainingStep.Error(flow, truth), 1));
            measured.Add(new($"visible_{budget}", (((flow - truth).norm(1, keepdim: true) * visible).sum() / visible.sum()).item<float>(), 1));
            measured.Add(new($"change_{budget}", FlowSizes.Stride * change.norm(1).mean().item<float>(), 1));
        }

        return measured;
    }
}
