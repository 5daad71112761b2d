using Deq.Runtime.Tasks;
using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Bundles;

/// <summary>What a bundle promises: the contents of <c>manifest.json</c>. Described field by field in docs/bundle-format.md.</summary>
public sealed record ModelManifest
{
    /// <summary>The format this code reads and writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The bundle format, <see cref="CurrentFormatVersion"/>.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>For people and URLs: lower-case letters, digits and hyphens, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version, such as <c>1.0.0</c>.</summary>
    public required string Version { get; init; }

    /// <summary>What the model does, one of <see cref="ModelTasks"/>.</summary>
    public required string Task { get; init; }

    /// <summary>One sentence for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>How an image, or each of two frames, becomes the encoder's input.</summary>
    public required ImageInput Input { get; init; }

    /// <summary>Class names by index: at least two of a classifier, none otherwise.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What the state of a flow estimator holds; null of a classifier.</summary>
    public FlowState? State { get; init; }

    /// <summary>image ↦ x, and of a flow estimator the cost volumes.</summary>
    public required ModelPart Encoder { get; init; }

    /// <summary>(z, x) ↦ f(z, x).</summary>
    public required ModelPart Cell { get; init; }

    /// <summary>z* ↦ output.</summary>
    public required ModelPart Decoder { get; init; }

    /// <summary>(z, x, u) ↦ uᵀ·∂f/∂z; null when the bundle does not carry it.</summary>
    public ModelPart? CellVectorJacobian { get; init; }

    /// <summary>The solve a caller gets who asks for nothing: what the quality below was measured with.</summary>
    public required SolveDefaults Defaults { get; init; }

    /// <summary>Measured quality, by name (accuracy, meanEvaluations, …), with what it was measured on in its notes.</summary>
    public IReadOnlyDictionary<string, double> Quality { get; init; } = new Dictionary<string, double>();

    /// <summary>Where the weights come from: data, recipe, seed, epochs, tool version. Free text by key.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } = new Dictionary<string, string>();

    /// <summary>SHA-256 of every other file in the bundle, lower-case hexadecimal, by path relative to the bundle.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

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
}

/// <summary>How an image of any size becomes a tensor <c>[B, Channels, Height, Width]</c>: resize or pad, convert, (v/255 − mean)/deviation.</summary>
public sealed record ImageInput
{
    /// <summary>1 (luminance) or 3 (red, green, blue).</summary>
    public required int Channels { get; init; }

    /// <summary>Pixels; 0, which is not written, where <see cref="Sizes"/> leaves it free.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Height { get; init; }

    /// <summary>Pixels; 0, which is not written, where <see cref="Sizes"/> leaves it free.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Width { get; init; }

    /// <summary>Which sizes are taken as they are, where that is free; null where height and width are fixed.</summary>
    public FrameSizes? Sizes { get; init; }

    /// <summary>Subtracted per channel after scaling to [0, 1]; as many as channels.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Divides per channel, above 0; as many as channels.</summary>
    public required IReadOnlyList<double> Deviation { get; init; }

    /// <summary>
    /// How another size is met: <c>fit</c> (default: whole image, bars in the background colour), <c>crop</c> (centre), <c>stretch</c>, or of a
    /// free size <c>pad</c> (edges repeated to the right and down).
    /// </summary>
    public string Resize { get; init; } = "fit";

    /// <summary>
    /// Of a flow estimator: which guess of the flow completes its input, see <see cref="Tasks.Flow.FirstGuess.FlowGuess"/>; null, which is not written, where it takes
    /// two frames alone.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Guess { get; init; }

    /// <summary>Luminance under transparent pixels and in bars, 0 (black) to 255 (white). Default 0.</summary>
    public int Background { get; init; }
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

/// <summary>The solve a caller gets who asks for nothing, and the most anyone may ask of this model.</summary>
public sealed record SolveDefaults
{
    /// <summary>A name in the catalogue of methods: <c>picard</c>, <c>anderson</c>, <c>broyden</c>.</summary>
    public required string Solver { get; init; }

    /// <summary>The residual that counts as converged, in (0, 1): relative, or of a flow estimator in pixels.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Evaluations of f, at least 1.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>The most evaluations a request may ask for, at least <see cref="MaxEvaluations"/>.</summary>
    public required int EvaluationsLimit { get; init; }

    /// <summary>The smallest tolerance a request may ask for, at most <see cref="Tolerance"/>.</summary>
    public required double ToleranceLimit { get; init; }
}
