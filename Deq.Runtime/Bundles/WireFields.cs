namespace Deq.Runtime.Bundles;

/// <summary>The fields of one message of the protocol-buffer wire format, in their order, as ONNX Runtime reads them. Source: protobuf.dev, "Encoding".</summary>
/// <param name="message">The message's bytes. What is malformed ends the fields; ONNX Runtime refuses such a message.</param>
internal ref struct WireFields(ReadOnlySpan<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int GroupStart = 3;
    private const int GroupEnd = 4;
    private const int Fixed32 = 5;

    private ReadOnlySpan<byte> _left = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>Its value where it is a varint; else 0.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its bytes where it is a string or a message; else empty.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Whether <see cref="Content"/> is the field's value.</summary>
    public bool IsDelimited { get; private set; }

    /// <summary>Goes to the next field. Groups are passed over with what is in them, since no message of ONNX has any.</summary>
    /// <returns>Whether there is one.</returns>
    public bool MoveNext()
    {
        int groups = 0;
        while (TryNumber(out ulong key))
        {
            // A key has 32 bits; what is above them is dropped, as protobuf does.
            uint tag = (uint)key;
            (Field, Number, IsDelimited) = ((int)(tag >> 3), 0, false);
            Content = default;
            int type = (int)(tag & 7);
            groups += type == GroupStart ? 1 : type == GroupEnd ? -1 : 0;
            if (groups < 0 || !TryValue(type))
            {
                return false;
            }

            if (groups == 0 && type != GroupEnd)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryValue(int type)
    {
        switch (type)
        {
            case Varint when TryNumber(out ulong value):
                Number = value;
                return true;
            case Fixed64 when _left.Length >= sizeof(ulong):
                _left = _left[sizeof(ulong)..];
                return true;
            case Fixed32 when _left.Length >= sizeof(uint):
                _left = _left[sizeof(uint)..];
                return true;
            case Delimited when TryNumber(out ulong length) && length <= (ulong)_left.Length:
                Content = _left[..(int)length];
                IsDelimited = true;
                _left = _left[(int)length..];
                return true;
            default:
                return type is GroupStart or GroupEnd;
        }
    }

    private bool TryNumber(out ulong number)
    {
        number = 0;
        for (int i = 0; i < Math.Min(10, _left.Length); i++)
        {
            number |= (ulong)(_left[i] & 0x7F) << (7 * i);
            if (_left[i] < 0x80)
            {
                _left = _left[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
