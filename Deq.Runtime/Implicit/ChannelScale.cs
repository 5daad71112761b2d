using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>Between images with values from 0 to 1 and what an encoder takes: (v − mean)/deviation per channel. Immutable.</summary>
public sealed class ChannelScale
{
    private readonly float[] _mean;
    private readonly float[] _deviation;

    /// <summary>Takes the numbers of every channel.</summary>
    /// <param name="mean">Subtracted.</param>
    /// <param name="deviation">Divides, above 0; as many.</param>
    /// <exception cref="ArgumentException">There are none, or not as many of both.</exception>
    public ChannelScale(IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(deviation);
        if (mean.Count == 0 || mean.Count != deviation.Count)
        {
            throw new ArgumentException($"There are {mean.Count} means and {deviation.Count} deviations; there is one of each for every channel.", nameof(deviation));
        }

        (_mean, _deviation) = ([.. mean.Select(value => (float)value)], [.. deviation.Select(value => (float)value)]);
    }

    /// <summary>Values to the encoder's input.</summary>
    /// <param name="values">Channel by channel.</param>
    /// <param name="input">Receives the input, as long.</param>
    public void Enter(ReadOnlySpan<float> values, Span<float> input)
    {
        int plane = values.Length / _mean.Length;
        for (int channel = 0; channel < _mean.Length; channel++)
        {
            Span<float> part = input.Slice(channel * plane, plane);
            TensorPrimitives.Subtract(values.Slice(channel * plane, plane), _mean[channel], part);
            TensorPrimitives.Divide(part, _deviation[channel], part);
        }
    }

    /// <summary>The encoder's input back to values, in place.</summary>
    /// <param name="input">Channel by channel; overwritten.</param>
    public void Leave(Span<float> input)
    {
        int plane = input.Length / _mean.Length;
        for (int channel = 0; channel < _mean.Length; channel++)
        {
            Span<float> part = input.Slice(channel * plane, plane);
            TensorPrimitives.Multiply(part, _deviation[channel], part);
            TensorPrimitives.Add(part, _mean[channel], part);
        }
    }

    /// <summary>A gradient by the encoder's input into one by values, in place.</summary>
    /// <param name="gradient">Channel by channel; overwritten.</param>
    public void PullBack(Span<float> gradient)
    {
        int plane = gradient.Length / _mean.Length;
        for (int channel = 0; channel < _mean.Length; channel++)
        {
            Span<float> part = gradient.Slice(channel * plane, plane);
            TensorPrimitives.Divide(part, _deviation[channel], part);
        }
    }
}
