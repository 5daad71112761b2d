using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Whether the server is alive.</summary>
/// <param name="Live">True.</param>
internal sealed record LiveAnswer(bool Live);

/// <summary>Whether the server takes requests.</summary>
/// <param name="Ready">Whether it does.</param>
internal sealed record ReadyAnswer(bool Ready);

/// <summary>Whether a model takes requests.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Ready">Whether it does.</param>
internal sealed record ModelReadyAnswer(string Name, bool Ready);

/// <summary>The server and what of the protocol it does.</summary>
/// <param name="Name">As set.</param>
/// <param name="Version">The server's version.</param>
/// <param name="Extensions">Extensions of the protocol.</param>
internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>A model and its tensors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">The one version there is.</param>
/// <param name="Platform">What runs it.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
internal sealed record ModelMetadata(string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs)
{
    private const string Onnx = "onnx_onnxv1";

    public static ModelMetadata Of(TensorModel model) => new(
        model.Name, [model.Version], Onnx, [.. model.Inputs.Select(TensorMetadata.Of)], [.. model.Outputs.Select(TensorMetadata.Of)]);
}

/// <summary>A tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">What its elements are.</param>
/// <param name="Shape">Extents; -1 is any.</param>
internal sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    public static TensorMetadata Of(TensorDeclaration tensor) => new(tensor.Name, tensor.Type.Name, tensor.Shape);
}

/// <summary>A model as the repository lists it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>READY</c>, <c>LOADING</c> or <c>UNAVAILABLE</c>.</param>
/// <param name="Reason">Why it is not ready; empty otherwise.</param>
internal sealed record RepositoryEntry(string Name, string Version, string State, string Reason);
