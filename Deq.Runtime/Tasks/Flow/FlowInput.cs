using System.Numerics.Tensors;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Turns two frames into the encoder's input of a flow model, with a guess where the model takes one. Thread-safe.</summary>
/// <param name="input">What the model takes.</param>
/// <param name="buffers">Of the guesses, which other models may share.</param>
public sealed class FlowInput(ImageInput input, GuessBuffers buffers)
{
    private readonly float[] _mean = [.. input.Mean.Select(mean => (float)mean)];
    private readonly float[] _deviation = [.. input.Deviation.Select(deviation => (float)deviation)];

    /// <summary>With buffers that no other model shares, within <see cref="GuessBuffers.UsualBytes"/>.</summary>
    /// <param name="input">What the model takes.</param>
    /// <param name="threads">That share the making of one guess. Stay the caller's.</param>
    public FlowInput(ImageInput input, PairThreads threads)
        : this(input, new GuessBuffers(threads, GuessBuffers.UsualBytes))
    {
    }

    /// <summary>What the model takes.</summary>
    public ImageInput Input { get; } = input;

    /// <summary>Whether the model is given a guess of the flow, from which its solves start.</summary>
    public bool IsGuessed { get; } = input.Guess is not null;

    /// <summary>Share the work on a pair.</summary>
    public PairThreads Threads => buffers.Threads;

    /// <summary>The start that <see cref="Open"/> fills, where a solve takes it; null where the model is given no guess.</summary>
    /// <param name="start">The start.</param>
    public ReadOnlyMemory<float>? StartOf(float[] start) => IsGuessed ? start : (ReadOnlyMemory<float>?)null;

    /// <summary>Fills the encoder's input and makes the start of the solve: of a pair by itself, or of the next one of a stream.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it, of the same size.</param>
    /// <param name="tensor">Receives <c>[6, H, W]</c> of the padded shape, as of <see cref="FramePair.Fill(DecodedImage, DecodedImage, ImageInput, Span{float})"/>, or <c>[9, H, W]</c> as of <see cref="FlowGuess.Complete"/>.</param>
    /// <param name="state">What the model's states hold.</param>
    /// <param name="last">Where the solve of the previous pair ended; empty where the guess starts from nothing. Unused by a model that is given no guess.</param>
    /// <param name="mostLost">What that pair's opening lets this one lose.</param>
    /// <param name="start">Receives <c>[Hidden + 2, H/Stride, W/Stride]</c>: the guess where it is trusted and the prediction where it is not; the guess alone where the prediction was not used; zeros without a guess.</param>
    /// <param name="isQuick">Whether the guess is to be quick rather than fine. Default false.</param>
    /// <exception cref="ArgumentException">The sizes differ or are none that the model takes, or the tensor has another length.</exception>
    public FlowOpening Open(
        DecodedImage first, DecodedImage second, Span<float> tensor, FlowState state, ReadOnlySpan<float> last, double mostLost, Span<float> start, bool isQuick = false)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(state);
        start.Clear();
        if (!IsGuessed)
        {
            FramePair.Fill(first, second, Input, tensor);
            return new FlowOpening(IsWarm: false, MostLost: 1);
        }

        FramePair.Fill(first, second, Input, tensor[..(tensor.Length / FlowGuess.Planes * 6)]);
        ShapeKey shape = Input.Sizes!.ShapeOf(first.Height, first.Width);
        FlowPrediction? prediction = last.IsEmpty ? null : Predict(last, shape, state, mostLost);
        FlowGuess guess = buffers.Take(shape.Width, shape.Height);
        GuessFit fit = guess.Complete(tensor, _mean, _deviation, prediction, isQuick);
        buffers.Return(guess);
        Start(tensor, shape, state, start);
        if (fit.IsPredicted)
        {
            Blend(tensor, shape, FlowStateLayout.Of(state, shape), prediction!, start);
        }

        return new FlowOpening(fit.IsPredicted, fit.MostLostNext(fit.IsPredicted ? mostLost : 1));
    }

    /// <summary>Averages the guess over cells.</summary>
    private static void Start(ReadOnlySpan<float> tensor, ShapeKey shape, FlowState state, Span<float> start)
    {
        var layout = FlowStateLayout.Of(state, shape);
        int plane = shape.Height * shape.Width, side = (int)state.Stride;
        for (int component = 0; component < 2; component++)
        {
            ReadOnlySpan<float> guess = tensor.Slice((6 + component) * plane, plane);
            Span<float> cells = start.Slice((layout.Hidden + component) * layout.Cells, layout.Cells);
            for (int y = 0; y < layout.Height; y++)
            {
                for (int x = 0; x < layout.Width; x++)
                {
                    float sum = 0;
                    for (int row = y * side; row < (y + 1) * side; row++)
                    {
                        sum += TensorPrimitives.Sum(guess.Slice((row * shape.Width) + (x * side), side));
                    }

                    cells[(y * layout.Width) + x] = sum / (side * side * side);
                }
            }
        }
    }

    /// <summary>The previous pair's flow, warped along itself.</summary>
    private static FlowPrediction Predict(ReadOnlySpan<float> last, ShapeKey shape, FlowState state, double mostLost)
    {
        FlowStateLayout layout = FlowStateLayout.Of(state, shape) with { Hidden = 0 };
        float[] cells = new float[layout.Length];
        CarriedFlow.Carry(last[^layout.Length..], layout, cells);
        return new FlowPrediction(cells, layout.Height, layout.Width, (int)state.Stride, mostLost);
    }

    /// <summary>Takes the prediction where the guess is not trusted.</summary>
    private static void Blend(ReadOnlySpan<float> tensor, ShapeKey shape, FlowStateLayout layout, FlowPrediction prediction, Span<float> start)
    {
        int side = prediction.Stride;
        ReadOnlySpan<float> trust = tensor.Slice(8 * shape.Height * shape.Width, shape.Height * shape.Width), predicted = prediction.Cells.Span;
        Span<float> flow = start[(layout.Hidden * layout.Cells)..];
        for (int cell = 0; cell < layout.Cells; cell++)
        {
            (int y, int x) = Math.DivRem(cell, layout.Width);
            float share = trust[(((y * side) + (side / 2)) * shape.Width) + (x * side) + (side / 2)];
            flow[cell] = (share * flow[cell]) + ((1 - share) * predicted[cell]);
            flow[layout.Cells + cell] = (share * flow[layout.Cells + cell]) + ((1 - share) * predicted[layout.Cells + cell]);
        }
    }
}

/// <summary>How a pair of a stream was opened.</summary>
/// <param name="IsWarm">Whether its guess started from the pair before.</param>
/// <param name="MostLost">What the next pair's guess may lose, <see cref="GuessFit.MostLostNext"/>.</param>
public readonly record struct FlowOpening(bool IsWarm, double MostLost);
