using System.CommandLine;
using Deq.Export.Packing;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Tensors;

namespace Deq.Export.Tasks.Tensors;

/// <summary>Any foreign model of one input of fixed shape: its tensors go in and come out as they are.</summary>
internal sealed class PackedTensor : IPackedTask
{
    /// <inheritdoc/>
    public string Name => TensorTask.Id;

    /// <inheritdoc/>
    public string Input => TensorTask.Input;

    /// <inheritdoc/>
    public string Output => TensorTask.Output;

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options { get; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<RequiredOption> Required { get; } = [];

    /// <inheritdoc/>
    public ModelManifest Describe(ModelManifest blank, PackedTensors tensors, PackAnswers answers) =>
        blank with { InputSection = ModelManifest.Section(new TensorInput { Datatype = TensorInput.Single }) };
}
