using System.Runtime.InteropServices;

namespace Deq.Runtime.Onnx;

/// <summary>An ONNX graph written in code, operator by operator. Field numbers: onnx.proto of the ONNX repository.</summary>
internal sealed class GraphSource
{
    /// <summary>ONNX element type FLOAT.</summary>
    public const int Single = 1;

    /// <summary>ONNX element type INT64.</summary>
    public const int Integer = 7;

    /// <summary>ONNX element type DOUBLE.</summary>
    public const int Double = 11;

    private const int FormatVersion = 8;
    private const int OperatorSet = 17;
    private const int IntegerAttribute = 2;

    private readonly WireMessage _graph = new WireMessage().Text(2, "states");
    private int _names;

    /// <summary>Adds an input whose dimensions all vary.</summary>
    public string Input(string name, int element, params string[] dimensions)
    {
        _graph.Message(11, ValueOf(name, element, dimensions));
        return name;
    }

    /// <summary>Adds an output whose dimensions all vary.</summary>
    public GraphSource Output(string name, int element, params string[] dimensions)
    {
        _graph.Message(12, ValueOf(name, element, dimensions));
        return this;
    }

    /// <summary>A list of integers, such as a shape.</summary>
    public string Integers(params long[] values) =>
        Constant(Integer, [values.Length], MemoryMarshal.AsBytes<long>(values));

    /// <summary>The number 0 in single precision.</summary>
    public string Zero() => Constant(Single, [], stackalloc byte[sizeof(float)]);

    /// <summary>Adds an operator with one output and gives the output's name.</summary>
    public string Apply(string op, IReadOnlyList<string> inputs, string? output = null, (string Name, long Value)? attribute = null)
    {
        output ??= NewName();
        ApplyTo([output], op, inputs, attribute);
        return output;
    }

    /// <summary>Adds an operator with several outputs, one per name.</summary>
    public void ApplyTo(IReadOnlyList<string> outputs, string op, IReadOnlyList<string> inputs, (string Name, long Value)? attribute = null)
    {
        var node = new WireMessage();
        foreach (string input in inputs)
        {
            node.Text(1, input);
        }

        foreach (string output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(3, $"{op}-{outputs[0]}").Text(4, op);
        if (attribute is { } present)
        {
            node.Message(5, new WireMessage().Text(1, present.Name).Number(3, present.Value).Number(20, IntegerAttribute));
        }

        _graph.Message(1, node);
    }

    /// <summary>The model, as ONNX Runtime loads it.</summary>
    public byte[] ToArray() => new WireMessage()
        .Number(1, FormatVersion)
        .Text(2, "deq")
        .Message(8, new WireMessage().Text(1, "").Number(2, OperatorSet))
        .Message(7, _graph)
        .ToArray();

    private static WireMessage ValueOf(string name, int element, string[] dimensions)
    {
        var shape = new WireMessage();
        foreach (string dimension in dimensions)
        {
            shape.Message(1, new WireMessage().Text(2, dimension));
        }

        WireMessage tensor = new WireMessage().Number(1, element).Message(2, shape);
        return new WireMessage().Text(1, name).Message(2, new WireMessage().Message(1, tensor));
    }

    private string Constant(int element, ReadOnlySpan<long> shape, ReadOnlySpan<byte> littleEndian)
    {
        string name = NewName();
        var tensor = new WireMessage();
        foreach (long size in shape)
        {
            tensor.Number(1, size);
        }

        _graph.Message(5, tensor.Number(2, element).Text(8, name).Bytes(9, littleEndian));
        return name;
    }

    private string NewName() => $"t{_names++}";
}
