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

    /// <summary>The element type as PyTorch calls it. Numbers: TensorProto.DataType of the ONNX repository.</summary>
    public string ElementName => (int)Element switch
    {
        1 => "float32",
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        6 => "int32",
        7 => "int64",
        9 => "bool",
        10 => "float16",
        11 => "float64",
        12 => "uint32",
        13 => "uint64",
        16 => "bfloat16",
        _ => $"of element type {(int)Element}",
    };

    /// <summary>Whether its elements are integers or truth values.</summary>
    public bool IsWhole => (int)Element is (>= 2 and <= 7) or 9 or 12 or 13;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{(Shape is null ? Unknown : string.Join(", ", Shape))}]";

    private static string Extent(DimensionProto dim) => dim.ValueCase switch
    {
        DimensionProto.ValueOneofCase.DimValue => $"{dim.DimValue}",
        DimensionProto.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => dim.DimParam,
        _ => Unknown,
    };
}
