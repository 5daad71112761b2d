using Deq.Export.Graphs;
using Deq.Export.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What training learns: for every weight of a model, the weight itself or its reparametrization.</summary>
/// <remarks>Owns its tensors.</remarks>
public sealed class ModelParameters : IDisposable
{
    private readonly List<WeightParameters> _entries;

    /// <summary>Draws the starting values.</summary>
    /// <param name="weights">Every weight of the model once.</param>
    /// <param name="seed">The same seed draws the same values on every device.</param>
    /// <param name="device">Where training runs. Default the processor.</param>
    /// <param name="type">Single or double precision. Default single.</param>
    public ModelParameters(IReadOnlyList<Weight> weights, int seed, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(weights);
        using IDisposable scope = NewDisposeScope();
        var random = new Random(seed);
        _entries = [.. weights.Select(weight => WeightParameters.Start(weight, weight.Start.Draw(weight.Extents, random), device ?? CPU, type))];
    }

    /// <summary>Everything an optimizer may change, with its name; shared, not copied.</summary>
    public IEnumerable<(string Name, Parameter Value)> Trainable => _entries.SelectMany(entry => entry.Trainable);

    /// <summary>Everything a checkpoint keeps: what is trainable, and the vectors of spectral norms; shared, not copied.</summary>
    public IEnumerable<(string Name, Tensor Value)> Kept => _entries.SelectMany(entry => entry.Kept);

    /// <summary>The effective weights by name, in the caller's dispose scope; gradients flow to <see cref="Trainable"/> when they are on.</summary>
    /// <param name="training">Whether this is a training step, in which spectral norms improve their estimate.</param>
    public IReadOnlyDictionary<string, Tensor> Compose(bool training = false) =>
        _entries.ToDictionary(entry => entry.Weight.Name, entry => entry.Compose(training));

    /// <summary>The effective weights of one graph as plain numbers, in its order.</summary>
    public IReadOnlyList<float[]> Fold(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        IReadOnlyDictionary<string, Tensor> effective = Compose();
        return [.. graph.Weights.Select(weight => effective[weight.Name].to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray())];
    }

    /// <summary>this ← decay·this + (1 − decay)·other: an average over training steps.</summary>
    /// <param name="other">Parameters of the same weights.</param>
    /// <param name="decay">In [0, 1]; 0 copies.</param>
    public void MoveTowards(ModelParameters other, double decay)
    {
        ArgumentNullException.ThrowIfNull(other);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        foreach (((_, Tensor mine), (_, Tensor its)) in Kept.Zip(other.Kept))
        {
            if (decay == 0)
            {
                mine.copy_(its);
            }
            else
            {
                mine.mul_(HeldScalar.Of(decay)).add_(its, HeldScalar.Of(1 - decay));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _entries.ForEach(entry => entry.Dispose());
}
