using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Deq.Runtime.Models;

/// <summary>What a bundle promises: the contents of <c>manifest.json</c>. Described field by field in docs/bundle-format.md.</summary>
public sealed record ModelManifest
{
    /// <summary>The format this code reads and writes.</summary>
    public const int CurrentFormatVersion = 1;

    private ImageInput? _image;

    /// <summary>The bundle format, <see cref="CurrentFormatVersion"/>.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>For people and URLs: lower-case letters, digits and hyphens, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version, such as <c>1.0.0</c>.</summary>
    public required string Version { get; init; }

    /// <summary>What the model does, the <see cref="IModelTask.Name"/> of its task.</summary>
    public required string Task { get; init; }

    /// <summary>One sentence for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>How what clients send becomes the encoder's input, in members that the task knows.</summary>
    [JsonRequired]
    [JsonPropertyName("input")]
    public JsonElement InputSection
    {
        get;
        init => (field, _image) = (value, null);
    }

    /// <summary><see cref="InputSection"/> of a task that takes images.</summary>
    /// <exception cref="JsonException">The section is of a task that takes something else.</exception>
    [JsonIgnore]
    public ImageInput Input
    {
        get => _image ??= Read<ImageInput>(InputSection, "input");
        init => InputSection = Section(value);
    }

    /// <summary>Whether <see cref="Input"/> can be read: the task takes images, or gives them.</summary>
    [JsonIgnore]
    public bool HasImages => InputSection.ValueKind == JsonValueKind.Object && InputSection.TryGetProperty("channels", out _);

    /// <summary>What the outputs are called by index, such as the names of classes; none where they have no names.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What the state holds, in members that the task knows; null where the task does not say.</summary>
    public JsonElement? State { get; init; }

    /// <summary>(input) ↦ x and further injections.</summary>
    public required ModelPart Encoder
    {
        get => Parts[ModelParts.Encoder];
        init => Parts = Parts.SetItem(ModelParts.Encoder, value);
    }

    /// <summary>(z, x) ↦ f(z, x).</summary>
    public required ModelPart Cell
    {
        get => Parts[ModelParts.Cell];
        init => Parts = Parts.SetItem(ModelParts.Cell, value);
    }

    /// <summary>z* ↦ output.</summary>
    public required ModelPart Decoder
    {
        get => Parts[ModelParts.Decoder];
        init => Parts = Parts.SetItem(ModelParts.Decoder, value);
    }

    /// <summary>(z, x, u) ↦ uᵀ·∂f/∂z; null when the bundle does not carry it.</summary>
    public ModelPart? CellVectorJacobian
    {
        get => Parts.GetValueOrDefault(ModelParts.CellVectorJacobian);
        init => Parts = With(ModelParts.CellVectorJacobian, value);
    }

    /// <summary>(z, x, u) ↦ f(z, x), uᵀ·∂f/∂z, uᵀ·∂f/∂x; null when the bundle does not carry it.</summary>
    public ModelPart? JointCell
    {
        get => Parts.GetValueOrDefault(ModelParts.JointCell);
        init => Parts = With(ModelParts.JointCell, value);
    }

    /// <summary>(z, v) ↦ vᵀ·∂output/∂z; null when the bundle does not carry it.</summary>
    public ModelPart? DecoderVectorJacobian
    {
        get => Parts.GetValueOrDefault(ModelParts.DecoderVectorJacobian);
        init => Parts = With(ModelParts.DecoderVectorJacobian, value);
    }

    /// <summary>(input, w) ↦ wᵀ·∂x/∂input; null when the bundle does not carry it.</summary>
    public ModelPart? EncoderVectorJacobian
    {
        get => Parts.GetValueOrDefault(ModelParts.EncoderVectorJacobian);
        init => Parts = With(ModelParts.EncoderVectorJacobian, value);
    }

    /// <summary>(z, injections) ↦ an energy of z; null when the bundle does not carry it.</summary>
    public ModelPart? Energy
    {
        get => Parts.GetValueOrDefault(ModelParts.Energy);
        init => Parts = With(ModelParts.Energy, value);
    }

    /// <summary>The graphs by their names in <see cref="ModelParts"/>.</summary>
    [JsonIgnore]
    public ImmutableSortedDictionary<string, ModelPart> Parts { get; private init; } = ImmutableSortedDictionary.Create<string, ModelPart>(StringComparer.Ordinal);

    /// <summary>The solve of a request that asks for nothing: what the quality below was measured with.</summary>
    public required SolveDefaults Defaults { get; init; }

    /// <summary>Measured quality, by name (accuracy, meanEvaluations, …), with what it was measured on in its notes.</summary>
    public IReadOnlyDictionary<string, double> Quality { get; init; } = new Dictionary<string, double>();

    /// <summary>Where the weights come from: data, recipe, seed, epochs, tool version. Free text by key.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } = new Dictionary<string, string>();

    /// <summary>SHA-256 of every other file in the bundle, lower-case hexadecimal, by path relative to the bundle.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Members that only models of some tasks have, by name; written last.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Sections { get; init; }

    /// <summary>How manifests are read and written: camelCase, indented, unknown or missing members are errors.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A section as manifests write it.</summary>
    public static JsonElement Section<T>(T value) => JsonSerializer.SerializeToElement(value, Json);

    /// <summary>The same with another graph.</summary>
    /// <param name="name">Its name in <see cref="ModelParts"/>.</param>
    /// <param name="part">The graph; null takes it out.</param>
    public ModelManifest WithPart(string name, ModelPart? part) => this with { Parts = With(name, part) };

    /// <summary>A section in the members that a task knows.</summary>
    /// <param name="section">The section.</param>
    /// <param name="name">Its name in the manifest, for the message.</param>
    /// <exception cref="JsonException">It has unknown, missing or broken members; the message says which.</exception>
    public static T Read<T>(JsonElement section, string name)
    {
        try
        {
            return section.Deserialize<T>(Json) ?? throw new JsonException($"{name} is null.");
        }
        catch (JsonException fault) when (fault.Path is not null)
        {
            throw new JsonException(JsonFault.TextOf(fault, name), fault);
        }
    }

    private ImmutableSortedDictionary<string, ModelPart> With(string name, ModelPart? part) => part is null ? Parts.Remove(name) : Parts.SetItem(name, part);
}

/// <summary>One ONNX graph of a bundle and the tensors it promises.</summary>
/// <param name="File">Path relative to the bundle.</param>
/// <param name="Inputs">In order.</param>
/// <param name="Outputs">In order.</param>
public sealed record ModelPart(string File, IReadOnlyList<TensorContract> Inputs, IReadOnlyList<TensorContract> Outputs);

/// <summary>One tensor: a name and <c>[B, …]</c>.</summary>
/// <param name="Name">As in the ONNX graph.</param>
/// <param name="Shape">Numbers, or names for what varies; the first is always <c>B</c>.</param>
public sealed record TensorContract(string Name, IReadOnlyList<string> Shape);
