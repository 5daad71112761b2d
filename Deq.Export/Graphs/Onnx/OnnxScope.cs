using System.Runtime.InteropServices;
using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf;

namespace Deq.Export.Graphs.Onnx;

/// <summary>Where ops write their ONNX nodes: names them after the op at hand and keeps small constants once.</summary>
internal sealed class OnnxScope(GraphProto graph)
{
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _integers = [];
    private readonly Dictionary<string, string> _repeated = [];
    private string _path = "";
    private string _operation = "";

    /// <summary>Says which op the next nodes belong to.</summary>
    /// <param name="apply">The op and its inputs; a weight among them gives the node its name.</param>
    /// <param name="number">Its place in the graph; keeps names apart.</param>
    public void Enter(Apply apply, int number)
    {
        string owner = apply.Inputs.OfType<Weight>().FirstOrDefault()?.Name ?? graph.Name;
        int lastDot = owner.LastIndexOf('.');
        _operation = apply.Op.Name;
        _path = $"{(lastDot < 0 ? owner : owner[..lastDot])}/{_operation}_{number}";
    }

    /// <summary>Writes one node.</summary>
    /// <param name="type">The operator's name in the ONNX standard.</param>
    /// <param name="inputs">Value names; empty for an omitted optional one.</param>
    /// <param name="attributes">Values are int, float, string or long[].</param>
    /// <returns>The name of its one output.</returns>
    public string Add(string type, IReadOnlyList<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string name = Unique(type == _operation ? _path : $"{_path}/{type}");
        var node = new NodeProto { Name = name, OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        foreach ((string attribute, object value) in attributes)
        {
            node.Attribute.Add(Attribute(attribute, value));
        }

        graph.Node.Add(node);
        return name;
    }

    /// <summary>A constant vector of integers, such as axes or sizes.</summary>
    /// <returns>Its value name; the same for the same numbers.</returns>
    public string Integers(params long[] values)
    {
        string key = string.Join('_', values);
        if (!_integers.TryGetValue(key, out string? name))
        {
            name = Unique($"integers_{key}");
            _integers.Add(key, name);
            Initialize(name, TensorProto.Types.ElementKind.Integer, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return name;
    }

    /// <summary>A constant tensor of numbers.</summary>
    /// <param name="name">As people should see it.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="extents">Their shape.</param>
    /// <returns>Its value name.</returns>
    public string Floats(string name, ReadOnlySpan<float> values, params long[] extents)
    {
        string unique = Unique(name);
        Initialize(unique, TensorProto.Types.ElementKind.Single, extents, MemoryMarshal.AsBytes(values));
        return unique;
    }

    /// <summary>A constant vector of equal numbers.</summary>
    /// <returns>Its value name; the same for the same vector.</returns>
    public string Repeated(float value, int count)
    {
        string key = $"{value}_times_{count}";
        if (!_repeated.TryGetValue(key, out string? name))
        {
            name = Floats(key, [.. Enumerable.Repeat(value, count)], count);
            _repeated.Add(key, name);
        }

        return name;
    }

    /// <summary>Reserves a value name.</summary>
    public string Unique(string name)
    {
        string candidate = name;
        for (int i = 2; !_names.Add(candidate); i++)
        {
            candidate = $"{name}_{i}";
        }

        return candidate;
    }

    // ONNX stores raw numbers little-endian, as does every machine .NET 10 runs on.
    private void Initialize(string name, TensorProto.Types.ElementKind kind, long[] extents, ReadOnlySpan<byte> bytes)
    {
        var tensor = new TensorProto { Name = name, DataType = kind, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(extents);
        graph.Initializer.Add(tensor);
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case int number:
                attribute.I = number;
                attribute.Type = AttributeProto.Types.Kind.Int;
                break;
            case float number:
                attribute.F = number;
                attribute.Type = AttributeProto.Types.Kind.Float;
                break;
            case string text:
                attribute.S = ByteString.CopyFromUtf8(text);
                attribute.Type = AttributeProto.Types.Kind.String;
                break;
            case long[] numbers:
                attribute.Ints.AddRange(numbers);
                attribute.Type = AttributeProto.Types.Kind.Ints;
                break;
            default:
                throw new ArgumentException($"Attribute {name} is a {value.GetType().Name}; it must be int, float, string or long[].", nameof(value));
        }

        return attribute;
    }
}
