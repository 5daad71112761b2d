using Deq.Export.Graphs;
using Deq.Export.Recipes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>The tensors of a run: parameters, their average over steps, and the optimizer's moments. Owns them.</summary>
internal sealed class TrainingState : IDisposable
{
    /// <summary>Draws starting parameters.</summary>
    /// <param name="seed">Decides them.</param>
    /// <param name="optimizer">What will change them.</param>
    /// <param name="weights">Every weight of the model once.</param>
    /// <param name="device">Where training runs.</param>
    public TrainingState(int seed, OptimizerRecipe optimizer, IReadOnlyList<Weight> weights, Device device)
    {
        Parameters = new ModelParameters(weights, seed, device);
        Average = new ModelParameters(weights, seed, device);
        Optimizer = Optimizers.Make(optimizer, Parameters);
    }

    /// <summary>What the optimizer changes.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>What is validated and exported: an exponential average, or a copy where the recipe asks for none.</summary>
    public ModelParameters Average { get; }

    /// <summary>Holds its own moments.</summary>
    public OptimizerHelper Optimizer { get; }

    /// <summary>Takes the newest parameters into the average. Early in a run the window is a tenth of the steps made.</summary>
    /// <param name="decay">Of the recipe, in [0, 1).</param>
    /// <param name="step">Steps made, from 1.</param>
    public void UpdateAverage(double decay, long step) =>
        Average.MoveTowards(Parameters, decay == 0 ? 0 : Math.Min(decay, (1.0 + step) / (10 + step)));

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimizer.Dispose();
        Average.Dispose();
        Parameters.Dispose();
    }
}
