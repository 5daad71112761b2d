using Deq.Export.Recipes;
using TorchSharp.Modules;

namespace Deq.Export.Training;

/// <summary>The optimizers that recipes may name: TorchSharp's, with weight decay on matrices and kernels only.</summary>
internal static class Optimizers
{
    private static readonly IReadOnlyList<(string Kind, Func<OptimizerRecipe, Parameter[], Parameter[], OptimizerHelper> Make)> All =
    [
        ("adamw", (recipe, decayed, free) => new AdamW(
            [
                new AdamW.ParamGroup(decayed, new AdamW.Options { weight_decay = recipe.WeightDecay, beta1 = recipe.Momentum }),
                new AdamW.ParamGroup(free, new AdamW.Options { weight_decay = 0, beta1 = recipe.Momentum }),
            ],
            recipe.LearningRate)),
        ("sgd", (recipe, decayed, free) => new SGD(
            [
                new SGD.ParamGroup(decayed, new SGD.Options { weight_decay = recipe.WeightDecay, momentum = recipe.Momentum }),
                new SGD.ParamGroup(free, new SGD.Options { weight_decay = 0, momentum = recipe.Momentum }),
            ],
            recipe.LearningRate)),
    ];

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(entry => entry.Kind)];

    /// <summary>Makes the optimizer that the recipe names. Scales, shifts, lengths and biases are not decayed.</summary>
    /// <exception cref="ArgumentException">No such optimizer.</exception>
    public static OptimizerHelper Make(OptimizerRecipe recipe, ModelParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(parameters);
        ILookup<bool, Parameter> byDecay = parameters.Trainable.ToLookup(
            entry => entry.Value.dim() >= 2 && !entry.Name.EndsWith(".length", StringComparison.Ordinal), entry => entry.Value);
        return All.FirstOrDefault(entry => entry.Kind == recipe.Kind).Make?.Invoke(recipe, [.. byDecay[true]], [.. byDecay[false]])
            ?? throw new ArgumentException($"There is no optimizer \"{recipe.Kind}\"; known: {string.Join(", ", Kinds)}.", nameof(recipe));
    }

    /// <summary>Sets the rate of every group.</summary>
    public static void SetRate(OptimizerHelper optimizer, double rate)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        foreach (TorchSharp.Modules.ParamGroup group in optimizer.ParamGroups)
        {
            group.LearningRate = rate;
        }
    }
}
