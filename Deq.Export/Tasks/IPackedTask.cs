using System.CommandLine;
using Deq.Export.Packing;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks;

/// <summary>A task as foreign models of it are packed. A new one is its folder and a line in <see cref="PackedTasks"/>.</summary>
internal interface IPackedTask
{
    /// <summary>As manifests name it.</summary>
    string Name { get; }

    /// <summary>What the decoder's output is called in bundles.</summary>
    string Output { get; }

    /// <summary>What the encoder's input is called in bundles.</summary>
    string Input => TensorNames.Image;

    /// <summary>Options that say what the graphs do not show. Tasks may share one; each makes its own.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>Those of them that must be given.</summary>
    IReadOnlyList<RequiredOption> Required { get; }

    /// <summary>What an output of the encoder is called in bundles.</summary>
    /// <param name="place">0 is the first that the cell takes.</param>
    string Injection(int place) => place == 0 ? TensorNames.Injection : $"{TensorNames.Injection}{place}";

    /// <summary>Which sizes the model takes where its graphs leave height and width free; null where they are fixed.</summary>
    FrameSizes? Sizes(PackAnswers answers) => null;

    /// <summary>The manifest, without graphs and files.</summary>
    /// <param name="blank">Name, version, description and the default solve are filled in.</param>
    /// <param name="tensors">What the graphs take and give.</param>
    /// <param name="answers">What the user says; receives what is still to be asked.</param>
    ModelManifest Describe(ModelManifest blank, PackedTensors tensors, PackAnswers answers);
}
