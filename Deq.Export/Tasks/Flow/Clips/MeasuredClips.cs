using Deq.Export.Datasets;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Bundles;

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

    /// <summary>What is drawn: longer clips than those of training, moderate motion.</summary>
    public MotionOptions Motion { get; init; } = new() { Height = 128, Width = 192, Frames = 6, MaxMotion = 8 };

    private const int JumpPixels = 20;

    /// <summary>Measures a model.</summary>
    /// <param name="bundle">A flow model.</param>
    /// <param name="threads">Threads that share one run of a graph.</param>
    /// <param name="measured">Called after each clip with its name.</param>
    /// <exception cref="DatasetException">A directory has no clips or pairs, or a file is faulty.</exception>
    public ClipReport Measure(ModelBundle bundle, int threads, Action<string> measured)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        ArgumentNullException.ThrowIfNull(measured);
        FlowPair[] known = [.. Truths.Select(directory => FlowDataset.Open(directory.FullName)).SelectMany(pairs => Enumerable.Range(0, pairs.Count).Select(pairs.Read))];
        var drawn = new DrawnClips(Motion, Seed);
        (string Name, IEnumerable<FlowClip> Clips)[] groups =
        [
            .. Folders.Select(folder => (folder.Name, (IEnumerable<FlowClip>)ClipFolders.Read(folder.FullName, known))),
            .. Several(("drawn", drawn.Draw), ("scene cut", drawn.Cut), ("dropped frame", drawn.Dropped), ("jump of 20 pixels", item => drawn.Jump(item, JumpPixels)), ("size change", drawn.Resized)),
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

    private IEnumerable<(string Name, IEnumerable<FlowClip> Clips)> Several(params (string Name, Func<int, FlowClip> Draw)[] kinds) =>
        Drawn == 0 ? [] : kinds.Select(kind => (kind.Name, Enumerable.Range(0, Drawn).Select(kind.Draw)));
}
