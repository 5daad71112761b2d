using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What a training run is asked to do.</summary>
internal sealed record TrainRequest
{
    /// <summary>The recipe's file.</summary>
    public required FileInfo Recipe { get; init; }

    /// <summary>The data set; null for none.</summary>
    public DirectoryInfo? Data { get; init; }

    /// <summary>Where checkpoint, log and curves go; null is <c>runs/&lt;name&gt;</c>.</summary>
    public DirectoryInfo? Output { get; init; }

    /// <summary>Whether to continue from the checkpoint there.</summary>
    public bool IsResumed { get; init; }

    /// <summary>Where to compute. Default the CPU.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Threads of Torch, at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether the best weights become a bundle in <c>models/&lt;name&gt;</c> at the end.</summary>
    public bool IsExported { get; init; }

    /// <summary>Whether a bundle that is there already is replaced.</summary>
    public bool IsReplaced { get; init; }
}
