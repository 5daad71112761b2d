using System.Numerics.Tensors;
using Deq.Api.Problems;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>A change of an image: the changed image in 8-bit values, as it can be sent and classified again.</summary>
/// <param name="Values">From 0 to 1, channel by channel.</param>
/// <param name="L2">√Σd² of the differences d.</param>
/// <param name="LInfinity">The largest |d|.</param>
/// <param name="Share">Which share of the change that was found it is.</param>
internal sealed record ImageChange(float[] Values, double L2, double LInfinity, double Share);

/// <summary>The image that a request brings as the model sees it: at its size, with 8 bits per value.</summary>
internal sealed class ProbedImage(ImageInput input)
{
    private const float Levels = 255;

    /// <summary>How far a value of a normalised tensor may lie outside of 0 to 1, by rounding.</summary>
    private const float Slack = 1e-4f;

    private readonly ChannelScale _scale = new(input.Mean, input.Deviation);

    /// <summary>From 0 to 1, channel by channel; zeros before it has been read.</summary>
    public float[] Values { get; } = new float[input.Channels * input.Height * input.Width];

    /// <summary>Reads the image and gives the encoder's input. Runs on an engine thread.</summary>
    /// <param name="image">Fills the encoder's input.</param>
    /// <param name="numbers">Receives the encoder's input of <see cref="Values"/>.</param>
    /// <exception cref="ProblemException">The image cannot be read, or is no image: a value lies outside of black to white.</exception>
    public void Read(WriteInput image, Span<float> numbers)
    {
        image(numbers);
        numbers.CopyTo(Values);
        _scale.Leave(Values);
        if (TensorPrimitives.Min<float>(Values) is var least && TensorPrimitives.Max<float>(Values) is var most && (least < -Slack || most > 1 + Slack))
        {
            throw new ProblemException(ProblemKinds.InvalidInput, $"The tensor is no image: black is 0 and white 1, and its values lie from {least:g4} to {most:g4}.");
        }

        Round(Values);
        Enter(Values, numbers);
    }

    /// <summary>The encoder's input of an image in values from 0 to 1.</summary>
    public void Enter(ReadOnlySpan<float> values, Span<float> numbers) => _scale.Enter(values, numbers);

    /// <summary>A share of the way to another image, or beyond it.</summary>
    /// <param name="other">Where share is 1.</param>
    /// <param name="share">At least 0.</param>
    public ImageChange Towards(ReadOnlySpan<float> other, double share)
    {
        float[] changed = new float[Values.Length];
        TensorPrimitives.Subtract(other, Values, changed);
        TensorPrimitives.MultiplyAdd(changed, (float)share, Values, changed);
        Round(changed);
        float[] differences = new float[Values.Length];
        TensorPrimitives.Subtract(changed, Values, differences);
        return new ImageChange(changed, TensorPrimitives.Norm<float>(differences), Math.Abs(TensorPrimitives.MaxMagnitude<float>(differences)), share);
    }

    private static void Round(Span<float> values)
    {
        TensorPrimitives.Clamp(values, 0, 1, values);
        TensorPrimitives.Multiply(values, Levels, values);
        TensorPrimitives.Round<float>(values, values);
        TensorPrimitives.Divide(values, Levels, values);
    }
}
