using Deq.Export.Datasets;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>The clips that warm starts are measured on: folders of frames, and drawn ones, some with a cut, a jump, a missing frame or a change of size.</summary>
internal sealed record MeasuredClips
{
    /// <summary>Folders of frames, a group each.</summary>
    public IReadOnlyList<DirectoryInfo> Folders { get; init; } = [];

    /// <summary>Pairs whose truth is used for clips with the same frames.</summary>
    public IReadOnlyList<DirectoryInfo> Truths { get; init; } = [];

    /// <summary>How many drawn clips of each kind, at least 0.</summary>
    public int Drawn { get; init; } = 6;

    /// <summary>Of the drawn ones; no model is trained with it.</summary>
    public int Seed { get; init; } = 0xC11F;

    /// <summary>What is drawn: longer clips than those of training, moderate motion; of the model's typical size where it refuses this one.</summary>
    public MotionOptions Motion { get; init; } = new() { Height = 128, Width = 192, Frames = 6, MaxMotion = 8 };

    private const int JumpPixels = 20;

    /// <summary>Measures a model.</summary>
    /// <param name="bundle">A flow model.</param>
    /// <param name="threads">Threads that share one run of a graph.</param>
    /// <param name="measured">Called after each clip with its name.</param>
    /// <exception cref="DatasetException">A directory has no clips or pairs, a file is faulty, or the model takes no frames of its size.</exception>
    /// <exception cref="InvalidDataException">The model takes no frames of free size.</exception>
    public ClipReport Measure(ModelBundle bundle, int threads, Action<string> measured)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        ArgumentNullException.ThrowIfNull(measured);
        FrameSizes sizes = bundle.Manifest.Input.Sizes
            ?? throw new InvalidDataException($"{bundle.Manifest.Name} takes no frames of free size; clips are measured with flow models.");
        FlowPair[] known = [.. Truths.Select(directory => FlowDataset.Open(directory.FullName)).SelectMany(pairs => Enumerable.Range(0, pairs.Count).Select(pairs.Read))];
        var drawn = new DrawnClips(DrawnClips.Fitting(Motion, sizes), Seed);
        (string Name, IEnumerable<FlowClip> Clips)[] groups =
        [
            .. Folders.Select(folder => (folder.Name, (IEnumerable<FlowClip>)ClipFolders.Read(folder.FullName, known, bundle.Manifest.Input))),
            .. Several(drawn, sizes),
        ];
        using var evaluation = new ClipEvaluation(bundle, threads);
        using var starts = new StartAgreement(bundle, threads);
        return new ClipReport
        {
            Model = bundle.Manifest.Name,
            Tolerance = bundle.Manifest.Defaults.Tolerance,
            MaxEvaluations = bundle.Manifest.Defaults.MaxEvaluations,
            SettlingEvaluations = StartAgreement.Settling(bundle.Manifest.Defaults),
            Groups = [.. groups.Select(group => new ClipGroup(group.Name, [.. group.Clips.SelectMany(Measured)]))],
            Starts = starts.Measure([.. Enumerable.Range(0, Drawn).Select(drawn.Draw)]),
        };

        IReadOnlyList<ClipPairReport> Measured(FlowClip clip)
        {
            IReadOnlyList<ClipPairReport> pairs = evaluation.Measure(clip);
            measured(clip.Name);
            return pairs;
        }
    }

    /// <summary>The kinds of drawn clips; a change of size only where the model takes frames of the half.</summary>
    private IEnumerable<(string Name, IEnumerable<FlowClip> Clips)> Several(DrawnClips drawn, FrameSizes sizes)
    {
        List<(string Name, Func<int, FlowClip> Draw)> kinds =
            [("drawn", drawn.Draw), ("scene cut", drawn.Cut), ("dropped frame", drawn.Dropped), ("jump of 20 pixels", item => drawn.Jump(item, JumpPixels))];
        if (sizes.Refusal(drawn.Half.Height, drawn.Half.Width) is null)
        {
            kinds.Add(("size change", drawn.Resized));
        }

        return Drawn == 0 ? [] : kinds.Select(kind => (kind.Name, Enumerable.Range(0, Drawn).Select(kind.Draw)));
    }
}
