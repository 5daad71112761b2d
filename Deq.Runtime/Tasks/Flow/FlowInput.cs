using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Turns two frames into what the encoder of a flow model takes, with a guess where the model wants one. Shared by threads.</summary>
/// <remarks>A guess works in buffers of the frame's size. They are kept for the sizes used last, within <see cref="MostBytes"/>.</remarks>
/// <param name="input">What the model takes.</param>
/// <param name="threads">That share the making of one guess, at least 1.</param>
public sealed class FlowInput(ImageInput input, int threads)
{
    /// <summary>Bytes of idle buffers that are kept.</summary>
    public const long MostBytes = 256L << 20;

    private readonly Lock _lock = new();
    private readonly LinkedList<FlowGuess> _idle = [];

    /// <summary>What the model takes.</summary>
    public ImageInput Input { get; } = input;

    /// <summary>Bytes of the idle buffers.</summary>
    public long IdleBytes
    {
        get
        {
            lock (_lock)
            {
                return _idle.Sum(guess => guess.Bytes);
            }
        }
    }

    /// <summary>Fills the encoder's input.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it, of the same size.</param>
    /// <param name="tensor">Receives <c>[6, H, W]</c> of the padded shape, as <see cref="FramePair"/> does, or <c>[9, H, W]</c> as <see cref="FlowGuess.Complete"/> does.</param>
    /// <exception cref="ArgumentException">The sizes differ or are none that the model takes, or the tensor has another length.</exception>
    public void Fill(DecodedImage first, DecodedImage second, Span<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (Input.Guess is null)
        {
            FramePair.Fill(first, second, Input, tensor);
            return;
        }

        FramePair.Fill(first, second, Input, tensor[..(tensor.Length / FlowGuess.Planes * 6)]);
        ShapeKey shape = Input.Sizes!.ShapeOf(first.Height, first.Width);
        FlowGuess guess = Take(shape);
        guess.Complete(tensor, [.. Input.Mean.Select(mean => (float)mean)], [.. Input.Deviation.Select(deviation => (float)deviation)]);
        Return(guess);
    }

    private FlowGuess Take(ShapeKey shape)
    {
        lock (_lock)
        {
            for (LinkedListNode<FlowGuess>? node = _idle.First; node is not null; node = node.Next)
            {
                if (node.Value.Width == shape.Width && node.Value.Height == shape.Height)
                {
                    _idle.Remove(node);
                    return node.Value;
                }
            }
        }

        return new FlowGuess(shape.Width, shape.Height, threads);
    }

    private void Return(FlowGuess guess)
    {
        lock (_lock)
        {
            _idle.AddFirst(guess);
            while (_idle.Sum(idle => idle.Bytes) > MostBytes)
            {
                _idle.RemoveLast();
            }
        }
    }
}
