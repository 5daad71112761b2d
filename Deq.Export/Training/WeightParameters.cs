using Deq.Export.Graphs;
using Deq.Export.Graphs.Reparametrizations;
using Deq.Export.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>The learned tensors behind one weight, and what its reparametrization keeps besides. Owns them.</summary>
internal sealed class WeightParameters : IDisposable
{
    private readonly Parameter _value;
    private readonly Parameter? _length;
    private readonly Tensor? _singular;

    private WeightParameters(Weight weight, Tensor value, Tensor? length = null, Tensor? singular = null)
    {
        Weight = weight;
        _value = Own(value);
        _length = length is null ? null : Own(length);
        _singular = singular?.DetachFromDisposeScope();
    }

    public Weight Weight { get; }

    public IEnumerable<(string Name, Parameter Value)> Trainable =>
        _length is null ? [(Weight.Name, _value)] : [($"{Weight.Name}.direction", _value), ($"{Weight.Name}.length", _length)];

    public IEnumerable<(string Name, Tensor Value)> Kept
    {
        get
        {
            foreach ((string name, Parameter value) in Trainable)
            {
                yield return (name, value);
            }

            if (_singular is not null)
            {
                yield return ($"{Weight.Name}.singular", _singular);
            }
        }
    }

    public static WeightParameters Start(Weight weight, float[] values, Device device, ScalarType type)
    {
        Tensor start = tensor(values, [.. weight.Extents.Select(extent => (long)extent)]).InTorchsMemory(type, device);
        switch (weight.Reparametrization)
        {
            case Reparametrization.WeightNorm:
                (Tensor direction, Tensor length) = WeightNorm.Split(start);
                return new WeightParameters(weight, direction, length);
            case Reparametrization.SpectralNorm:
                return new WeightParameters(weight, start, singular: SpectralNorm.Start(start));
            default:
                return new WeightParameters(weight, start);
        }
    }

    public Tensor Compose(bool training) =>
        _length is not null ? WeightNorm.Compose(_value, _length)
        : _singular is not null ? SpectralNorm.Compose(_value, _singular, iterate: training)
        : _value.alias();

    public void Dispose()
    {
        _value.Dispose();
        _length?.Dispose();
        _singular?.Dispose();
    }

    private static Parameter Own(Tensor value)
    {
        Parameter parameter = new(value.detach().clone());
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
