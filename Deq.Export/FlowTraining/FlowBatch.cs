using Deq.Export.SyntheticMotion;
using static TorchSharp.torch;

namespace Deq.Export.FlowTraining;

/// <summary>Clips as tensors. Frames are brought to [−1, 1], as the estimator takes them.</summary>
/// <param name="Frames">Per frame of the clips, <c>[B, 3, H, W]</c>.</param>
/// <param name="Flows">Per pair, <c>[B, 2, H, W]</c>, pixels.</param>
/// <param name="Visible">Per pair, <c>[B, 1, H, W]</c>: 1 where the next frame shows what this one does, else 0.</param>
public sealed record FlowBatch(IReadOnlyList<Tensor> Frames, IReadOnlyList<Tensor> Flows, IReadOnlyList<Tensor> Visible)
{
    /// <summary>The two frames of a pair, <c>[B, 6, H, W]</c>.</summary>
    public Tensor Pair(int pair) => cat([Frames[pair], Frames[pair + 1]], 1);
}

/// <summary>Draws batches of clips on several threads. Which clips a batch holds follows from seed and step alone.</summary>
/// <param name="options">What clips are drawn.</param>
/// <param name="rows">B, clips per batch.</param>
/// <param name="device">Where the tensors go.</param>
public sealed class FlowBatches(MotionOptions options, int rows, Device device)
{
    private readonly (MotionScenes Scenes, MotionClip Clip)[] _rows =
        [.. Enumerable.Range(0, rows).Select(_ => (new MotionScenes(options), new MotionClip(options)))];

    private Task? _prepared;
    private (int Seed, long Step, double Progress) _preparing;

    /// <summary>Begins to draw a batch on other threads, for the <see cref="Draw"/> that comes next.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">Which batch.</param>
    /// <param name="progress">Share of training done, in [0, 1].</param>
    public void Prepare(int seed, long step, double progress)
    {
        _prepared?.Wait();
        _preparing = (seed, step, progress);
        _prepared = Task.Run(() => Fill(seed, step, progress));
    }

    /// <summary>Draws a batch, or takes it where it was prepared.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">Which batch.</param>
    /// <param name="progress">Share of training done, in [0, 1].</param>
    /// <returns>Tensors of the caller's dispose scope.</returns>
    public FlowBatch Draw(int seed, long step, double progress)
    {
        _prepared?.Wait();
        if (_prepared is null || _preparing != (seed, step, progress))
        {
            Fill(seed, step, progress);
        }

        _prepared = null;
        long[] size = [rows, options.Frames, 3, options.Height, options.Width];
        Tensor frames = (tensor([.. _rows.SelectMany(row => row.Clip.Frames)], size).to(device) * 2) - 1;
        Tensor flows = tensor([.. _rows.SelectMany(row => row.Clip.Flows)], [rows, options.Frames - 1, 2, options.Height, options.Width]).to(device);
        Tensor visible = tensor(
            [.. _rows.SelectMany(row => row.Clip.Occluded.Select(hidden => hidden ? 0f : 1f))],
            [rows, options.Frames - 1, 1, options.Height, options.Width]).to(device);
        return new FlowBatch([.. frames.unbind(1)], [.. flows.unbind(1)], [.. visible.unbind(1)]);
    }

    private void Fill(int seed, long step, double progress) =>
        Parallel.For(0, _rows.Length, row => _rows[row].Scenes.Draw(seed, (int)((step * _rows.Length) + row), progress, _rows[row].Clip));
}
