using Deq.Export.Graphs.Onnx.Wire;

namespace Deq.Export.Packing;

/// <summary>An input or output of a graph that another program wrote.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Element">Its element type.</param>
/// <param name="Shape">Numbers, names of what varies, or <c>?</c> where the graph says nothing; null where it does not even say the rank.</param>
internal sealed record ForeignTensor(string Name, TensorProto.Types.ElementKind Element, IReadOnlyList<string>? Shape)
{
    /// <summary>An extent of which the graph says nothing.</summary>
    public const string Unknown = "?";

    /// <summary>What a graph says of one of its tensors.</summary>
    public static ForeignTensor Of(ValueInfoProto value)
    {
        TensorTypeProto? type = value.Type?.TensorType;
        return new ForeignTensor(value.Name, type?.ElemType ?? TensorProto.Types.ElementKind.None, type?.Shape is { } shape ? [.. shape.Dim.Select(Extent)] : null);
    }

    /// <summary>Whether an extent is a number.</summary>
    public static bool IsNumber(string extent) => extent.All(char.IsAsciiDigit);

    /// <summary>The element type as PyTorch calls it.</summary>
    public string ElementName => Element switch
    {
        TensorProto.Types.ElementKind.Single => "float32",
        TensorProto.Types.ElementKind.Double => "float64",
        TensorProto.Types.ElementKind.Half => "float16",
        TensorProto.Types.ElementKind.Brain => "bfloat16",
        TensorProto.Types.ElementKind.Integer => "int64",
        _ => $"of element type {(int)Element}",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{(Shape is null ? Unknown : string.Join(", ", Shape))}]";

    private static string Extent(DimensionProto dim) => dim.ValueCase switch
    {
        DimensionProto.ValueOneofCase.DimValue => $"{dim.DimValue}",
        DimensionProto.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => dim.DimParam,
        _ => Unknown,
    };
}
