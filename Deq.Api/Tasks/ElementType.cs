namespace Deq.Api.Tasks;

/// <summary>What the elements of a tensor are, as the Open Inference Protocol names it.</summary>
/// <param name="Name">Such as <c>FP32</c>.</param>
/// <param name="Bytes">Bytes of an element; 0 where their lengths vary.</param>
internal sealed record ElementType(string Name, int Bytes)
{
    public static ElementType Bool { get; } = new("BOOL", 1);

    public static ElementType UInt8 { get; } = new("UINT8", 1);

    public static ElementType Int32 { get; } = new("INT32", 4);

    public static ElementType Fp32 { get; } = new("FP32", 4);

    /// <summary>A length in four bytes, then so many bytes.</summary>
    public static ElementType Text { get; } = new("BYTES", 0);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ElementType> All { get; } =
    [
        Bool, UInt8, new("UINT16", 2), new("UINT32", 4), new("UINT64", 8), new("INT8", 1), new("INT16", 2), Int32, new("INT64", 8),
        new("FP16", 2), new("BF16", 2), Fp32, new("FP64", 8), Text,
    ];

    /// <summary>The type of that name; null where there is none.</summary>
    public static ElementType? Find(string name) => All.FirstOrDefault(type => type.Name == name);
}
