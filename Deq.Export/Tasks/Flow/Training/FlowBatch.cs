using System.Collections.Concurrent;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Torch;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>Clips as tensors, as the estimator takes them: frames in [−1, 1], the second seen along the guess.</summary>
/// <param name="Inputs">Per pair, frames and guess as the encoder takes them, <c>[B, 9, H, W]</c>.</param>
/// <param name="Flows">Per pair, <c>[B, 2, H, W]</c>, pixels.</param>
/// <param name="Visible">Per pair, <c>[B, 1, H, W]</c>: 1 where the next frame shows what this one does, else 0.</param>
internal sealed record FlowBatch(IReadOnlyList<Tensor> Inputs, IReadOnlyList<Tensor> Flows, IReadOnlyList<Tensor> Visible)
{
    /// <summary>The guess of a pair as a state, where solves start: <c>[B, 2, H/4, W/4]</c>, cells.</summary>
    public Tensor GuessOf(int pair) => nn.functional.avg_pool2d(Inputs[pair].narrow(1, 6, 2), FlowSizes.Stride).Over(FlowSizes.Stride);
}

/// <summary>Draws batches of clips on other threads, some steps ahead. Which clips a batch holds follows from seed and step alone.</summary>
/// <param name="options">What clips are drawn.</param>
/// <param name="rows">B, clips per batch.</param>
/// <param name="photographs">Textures beside drawn ones; null for none.</param>
/// <param name="device">Where the tensors go.</param>
internal sealed class FlowBatches(MotionOptions options, int rows, Photographs? photographs, Device device)
{
    private readonly ConcurrentBag<DrawingBuffers> _idle = [];
    private readonly Dictionary<(int Seed, long Step, double Progress), Task<Tensor[]>> _prepared = [];

    /// <summary>Begins to draw a batch on other threads, unless that has begun.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">Which batch.</param>
    /// <param name="progress">Share of training done, in [0, 1].</param>
    public void Prepare(int seed, long step, double progress)
    {
        if (!_prepared.ContainsKey((seed, step, progress)))
        {
            _prepared.Add((seed, step, progress), Task.Run(() => Fill(seed, step, progress)));
        }
    }

    /// <summary>Draws a batch, or takes it where it was prepared.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">Which batch.</param>
    /// <param name="progress">Share of training done, in [0, 1].</param>
    /// <returns>Tensors of the caller's dispose scope.</returns>
    public FlowBatch Draw(int seed, long step, double progress)
    {
        Tensor[] drawn = _prepared.Remove((seed, step, progress), out Task<Tensor[]>? prepared)
            ? prepared.GetAwaiter().GetResult()
            : Fill(seed, step, progress);
        FlowBatch batch = new([.. drawn[0].unbind(1)], [.. drawn[1].unbind(1)], [.. drawn[2].unbind(1)]);
        foreach (Tensor whole in drawn)
        {
            whole.Dispose();
        }

        return batch;
    }

    /// <summary>Inputs, flows and what is visible, in no dispose scope.</summary>
    private Tensor[] Fill(int seed, long step, double progress)
    {
        if (!_idle.TryTake(out DrawingBuffers? buffers))
        {
            buffers = new DrawingBuffers(options, rows, photographs);
        }

        buffers.Draw(seed, step, progress);
        Tensor[] drawn =
        [
            Held(buffers.Inputs, rows, options.Frames - 1, FlowGuess.Planes),
            Held(buffers.Flows, rows, options.Frames - 1, 2),
            Held(buffers.Visible, rows, options.Frames - 1, 1),
        ];
        _idle.Add(buffers);
        return drawn;
    }

    private Tensor Held(float[] values, params ReadOnlySpan<long> sizes) =>
        tensor(values, [.. sizes, options.Height, options.Width]).InTorchsMemory(device: device).DetachFromDisposeScope();

    /// <summary>What a worker draws one batch with and into. One owner at a time.</summary>
    private sealed class DrawingBuffers(MotionOptions options, int rows, Photographs? photographs)
    {
        private readonly (MotionScenes Scenes, MotionClip Clip, FlowGuess Guess)[] _rows =
            [.. Enumerable.Range(0, rows).Select(_ => (
                new MotionScenes(options, photographs), new MotionClip(options), new FlowGuess(options.Width, options.Height, threads: null)))];

        public float[] Inputs { get; } = new float[rows * (options.Frames - 1) * FlowGuess.Planes * options.Height * options.Width];

        public float[] Flows { get; } = new float[rows * (options.Frames - 1) * 2 * options.Height * options.Width];

        public float[] Visible { get; } = new float[rows * (options.Frames - 1) * options.Height * options.Width];

        public void Draw(int seed, long step, double progress) => Parallel.For(0, _rows.Length, row =>
        {
            (MotionScenes scenes, MotionClip clip, FlowGuess guess) = _rows[row];
            scenes.Draw(seed, (int)((step * _rows.Length) + row), progress, clip);
            clip.Flows.CopyTo(Part(Flows, row, clip.Flows.Length));
            int input = FlowGuess.Planes * clip.Pixels;
            for (int pair = 0; pair < clip.Count - 1; pair++)
            {
                Span<float> numbers = Part(Inputs, (row * (clip.Count - 1)) + pair, input);
                ReadOnlySpan<float> frames = clip.Frames.AsSpan(3 * pair * clip.Pixels, 6 * clip.Pixels);
                for (int i = 0; i < frames.Length; i++)
                {
                    numbers[i] = (frames[i] * 2) - 1;
                }

                guess.Complete(numbers, Half, Half);
            }

            Span<float> visible = Part(Visible, row, clip.Occluded.Length);
            for (int i = 0; i < visible.Length; i++)
            {
                visible[i] = clip.Occluded[i] ? 0 : 1;
            }
        });

        private static ReadOnlySpan<float> Half => [0.5f, 0.5f, 0.5f];

        private static Span<float> Part(float[] all, int row, int length) => all.AsSpan(row * length, length);
    }
}
