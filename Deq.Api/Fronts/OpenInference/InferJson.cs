using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Reads the JSON of a request once, without building a tree: the elements of tensors are only located.</summary>
internal ref struct InferJson
{
    /// <summary>Bytes of a byte order mark before what is read.</summary>
    private readonly int _mark;

    private Utf8JsonReader _reader;

    private InferJson(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> text = ClientJson.WithoutMark(json);
        _mark = json.Length - text.Length;
        _reader = new Utf8JsonReader(text);
    }

    /// <summary>What the JSON says.</summary>
    /// <exception cref="ProblemException">It is no JSON, or none of a request.</exception>
    public static InferHeader Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return new InferJson(json).ReadHeader();
        }
        catch (JsonException fault)
        {
            throw Malformed($"the request cannot be read: {ClientJson.ClauseOf(fault)}.");
        }
    }

    private InferHeader ReadHeader()
    {
        var header = new InferHeader();
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("the request must be a JSON object with 'inputs'.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (Member(seen) is { } name)
        {
            switch (name)
            {
                case "id": header.Id = Text(name); break;
                case "parameters": header.Parameters = Parameters(name); break;
                case "inputs": header.Inputs = Tensors(name); break;
                case "outputs": header.Outputs = Tensors(name); break;
                default: _reader.Skip(); break;
            }
        }

        // What follows the object would be left unread.
        return _reader.Read() ? throw Malformed("something follows the request's JSON object.") : header;
    }

    /// <summary>The next member's name, the reader standing on its value; null at the end of the object. A member that is null is as one that is absent: clients write what they leave out so.</summary>
    private string? Member(HashSet<string> seen)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (seen.Count == InferRequest.MostListed)
            {
                throw Malformed($"an object of the request has more than {InferRequest.MostListed} members.");
            }

            string name = ClientJson.TextOf(ref _reader);
            if (!seen.Add(name))
            {
                throw new ProblemException(ProblemKinds.ConflictingParameter, $"'{name.Shorten()}' is given twice.");
            }

            _reader.Read();
            if (_reader.TokenType != JsonTokenType.Null)
            {
                return name;
            }
        }

        return null;
    }

    private readonly string Text(string name) =>
        _reader.TokenType == JsonTokenType.String ? ClientJson.TextOf(in _reader) : throw Malformed($"'{name}' must be a text.");

    private Dictionary<string, string> Parameters(string of)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Expect(JsonTokenType.StartObject, $"'{of}' must be an object.");
        while (Member(seen) is { } name)
        {
            parameters[name] = _reader.TokenType switch
            {
                JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when name == InferParameters.SequenceId && !IsWhole() =>
                    throw InferParameters.NoId(),
                JsonTokenType.String => ClientJson.TextOf(ref _reader),
                JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(_reader.ValueSpan),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => throw Malformed($"the parameter '{name.Shorten()}' must be a text, a number, true or false."),
            };
        }

        return parameters;
    }

    private readonly bool IsWhole() => _reader.TokenType == JsonTokenType.Number && _reader.TryGetUInt64(out _);

    private List<TensorHeader> Tensors(string of)
    {
        var tensors = new List<TensorHeader>();
        Expect(JsonTokenType.StartArray, $"'{of}' must be an array.");
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.StartObject, $"'{of}' must hold objects.");
            if (tensors.Count == InferRequest.MostListed)
            {
                throw Malformed($"'{of}' has more than {InferRequest.MostListed} tensors.");
            }

            tensors.Add(OneTensor(of));
        }

        return tensors;
    }

    private TensorHeader OneTensor(string of)
    {
        var tensor = new TensorHeader();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (Member(seen) is { } name)
        {
            switch (name)
            {
                case "name": tensor.Name = Text(name); break;
                case "datatype": tensor.Type = Text(name); break;
                case "shape": tensor.Shape = Extents(); break;
                case "parameters": tensor.Parameters = Parameters(name); break;
                case "data":
                    Expect(JsonTokenType.StartArray, "'data' must be an array.");
                    int start = _mark + (int)_reader.TokenStartIndex;
                    _reader.Skip();
                    tensor.Json = start..(_mark + (int)_reader.BytesConsumed);
                    break;
                default: _reader.Skip(); break;
            }
        }

        return tensor.Name.Length > 0 ? tensor : throw Malformed($"one of '{of}' has no name.");
    }

    private List<long> Extents()
    {
        var shape = new List<long>();
        Expect(JsonTokenType.StartArray, "'shape' must be an array.");
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            shape.Add(_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out long extent) && extent >= 0 && shape.Count < InferRequest.MostListed
                ? extent
                : throw new ProblemException(ProblemKinds.TensorShape, "'shape' must be an array of whole numbers of at least 0."));
        }

        return shape;
    }

    private readonly void Expect(JsonTokenType type, string otherwise)
    {
        if (_reader.TokenType != type)
        {
            throw Malformed(otherwise);
        }
    }

    private static ProblemException Malformed(string what) => new(ProblemKinds.MalformedRequest, what);
}

/// <summary>The JSON of a request.</summary>
internal sealed class InferHeader
{
    public string? Id { get; set; }

    public Dictionary<string, string> Parameters { get; set; } = new(StringComparer.Ordinal);

    public List<TensorHeader> Inputs { get; set; } = [];

    public List<TensorHeader> Outputs { get; set; } = [];
}

/// <summary>What the JSON of a request says of a tensor.</summary>
internal sealed class TensorHeader
{
    public string Name { get; set; } = "";

    public string? Type { get; set; }

    public List<long>? Shape { get; set; }

    public Dictionary<string, string> Parameters { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Where its elements are within the JSON; null where they are not.</summary>
    public Range? Json { get; set; }
}
