using System.Text;

namespace Deq.Runtime.Onnx;

/// <summary>One message of the protocol-buffer wire format, written field by field. Source: protobuf.dev, "Encoding".</summary>
internal sealed class WireMessage
{
    private const int Varint = 0;
    private const int Delimited = 2;

    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public WireMessage Number(int field, long value)
    {
        WriteKey(field, Varint);
        WriteVarint((ulong)value);
        return this;
    }

    public WireMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public WireMessage Message(int field, WireMessage value) => Bytes(field, [.. value._bytes]);

    public WireMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        WriteKey(field, Delimited);
        WriteVarint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    private void WriteKey(int field, int type) => WriteVarint((ulong)((field << 3) | type));

    private void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
    }
}
