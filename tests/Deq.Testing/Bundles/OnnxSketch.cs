using System.Runtime.InteropServices;

namespace Deq.Testing.Bundles;

/// <summary>A small ONNX graph written by hand, so that specs of the runtime need no exporter. Field numbers: onnx.proto.</summary>
internal sealed class OnnxSketch
{
    private const int FloatElement = 1;
    private const int IntegerElement = 7;
    private const int BooleanElement = 9;
    private const int GraphAttribute = 5;

    private readonly WireMessage _graph = new WireMessage().Text(2, "sketch");
    private int _names;

    public OnnxSketch Input(string name, params string[] shape)
    {
        _graph.Message(11, Value(name, FloatElement, shape));
        return this;
    }

    public OnnxSketch Output(string name, params string[] shape)
    {
        _graph.Message(12, Value(name, FloatElement, shape));
        return this;
    }

    /// <summary>A constant of single-precision numbers.</summary>
    public string Constant(float[] values, params long[] shape) =>
        Initializer(FloatElement, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    /// <summary>A constant of integers, such as a shape.</summary>
    public string Constant(params long[] values) =>
        Initializer(IntegerElement, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray());

    /// <summary>Adds an operator with one output and gives the output's name.</summary>
    public string Apply(
        string op,
        string[] inputs,
        string? output = null,
        (string Name, long Value)[]? attributes = null,
        (string Name, long[] Values)[]? lists = null)
    {
        output ??= $"t{_names++}";
        var node = new WireMessage();
        foreach (string input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output).Text(3, $"{op}-{output}").Text(4, op);
        foreach ((string name, long value) in attributes ?? [])
        {
            node.Message(5, new WireMessage().Text(1, name).Number(3, value).Number(20, 2));
        }

        foreach ((string name, long[] values) in lists ?? [])
        {
            var attribute = new WireMessage().Text(1, name);
            foreach (long value in values)
            {
                attribute.Number(8, value);
            }

            node.Message(5, attribute.Number(20, 7));
        }

        _graph.Message(1, node);
        return output;
    }

    /// <summary>Adds a loop without a bound whose condition stays true, and gives the name of what it would end with.</summary>
    /// <param name="input">Where it begins.</param>
    /// <param name="shape">The shape of that.</param>
    public string EndlessLoop(string input, params string[] shape)
    {
        string output = $"t{_names++}";
        WireMessage body = new WireMessage()
            .Message(1, new WireMessage().Text(1, "on").Text(2, "still").Text(3, "same").Text(4, "Identity"))
            .Message(1, new WireMessage().Text(1, "v").Text(2, "w").Text(3, "next").Text(4, "Tanh"))
            .Text(2, "body")
            .Message(11, Value("i", IntegerElement))
            .Message(11, Value("on", BooleanElement))
            .Message(11, Value("v", FloatElement, shape))
            .Message(12, Value("still", BooleanElement))
            .Message(12, Value("w", FloatElement, shape));
        _graph.Message(1, new WireMessage()
            .Text(1, "").Text(1, "").Text(1, input)
            .Text(2, output).Text(3, $"Loop-{output}").Text(4, "Loop")
            .Message(5, new WireMessage().Text(1, "body").Message(6, body).Number(20, GraphAttribute)));
        return output;
    }

    public byte[] ToArray() => new WireMessage()
        .Number(1, 8)
        .Text(2, "deq-testing")
        .Message(8, new WireMessage().Text(1, "").Number(2, 17))
        .Message(7, _graph)
        .ToArray();

    private static WireMessage Value(string name, int element, params string[] shape)
    {
        var dimensions = new WireMessage();
        foreach (string size in shape)
        {
            dimensions.Message(1, long.TryParse(size, out long number) ? new WireMessage().Number(1, number) : new WireMessage().Text(2, size));
        }

        WireMessage tensor = new WireMessage().Number(1, element).Message(2, dimensions);
        return new WireMessage().Text(1, name).Message(2, new WireMessage().Message(1, tensor));
    }

    private string Initializer(int element, long[] shape, byte[] raw)
    {
        string name = $"c{_names++}";
        var tensor = new WireMessage();
        foreach (long size in shape)
        {
            tensor.Number(1, size);
        }

        _graph.Message(5, tensor.Number(2, element).Text(8, name).Bytes(9, raw));
        return name;
    }
}
