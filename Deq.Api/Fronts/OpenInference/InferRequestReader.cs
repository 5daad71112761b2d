using System.Buffers.Binary;
using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Reads a request's body: JSON, or JSON followed by the bytes of tensors, or the bytes of the only tensor alone.</summary>
/// <param name="body">All of it, decompressed.</param>
/// <param name="take">Accounts for memory, bytes.</param>
internal sealed class InferRequestReader(ReadOnlyMemory<byte> body, Action<long> take)
{
    /// <summary>Bytes of the JSON at the body's beginning; 0: there is none, and the body is a tensor.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private const string LargestParameter = "classification";
    private const string BinarySize = "binary_data_size";

    /// <summary>The most elements of a row that are written as texts: each takes many times what a number does.</summary>
    private const int MostClasses = 1000;

    /// <summary>Of an output: whether it is sent as bytes.</summary>
    public const string BinaryOutput = "binary_data";

    private static readonly string[] s_sharedMemory = ["shared_memory_region", "shared_memory_byte_size", "shared_memory_offset"];

    private int _read;

    /// <summary>The request.</summary>
    /// <param name="length">What <see cref="LengthHeader"/> says; null without it.</param>
    /// <param name="declared">What the model takes.</param>
    /// <exception cref="ProblemException">The body does not keep to the protocol.</exception>
    public InferRequest Read(string? length, IReadOnlyList<TensorDeclaration> declared)
    {
        int json = length is null ? body.Length
            : int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= body.Length ? value
            : throw Malformed($"{LengthHeader} is '{length.Shorten()}'; it must be a number of bytes from 0 to {body.Length}, the length of the body.");
        if (length is not null && json == 0)
        {
            return Raw(declared);
        }

        InferHeader header = length is null ? ReadWhole() : InferJson.Read(body.Span[..json]);
        _read = json;
        Tensor[] inputs = [.. header.Inputs.Select(input => Input(input, json))];
        return _read == body.Length
            ? new InferRequest
            {
                Id = header.Id,
                Parameters = header.Parameters,
                Inputs = inputs,
                Outputs = OutputsOf(header),
                SendsBytes = Flag(header.Parameters, InferParameters.BinaryOutput) ?? false,
            }
            : throw Malformed($"the body has {body.Length - _read} bytes more than its JSON and its tensors.");
    }

    /// <summary>Reads a body without <see cref="LengthHeader"/>, which is all JSON.</summary>
    private InferHeader ReadWhole()
    {
        try
        {
            return InferJson.Read(body.Span);
        }
        catch (ProblemException fault) when (fault.Kind == ProblemKinds.MalformedRequest && body.Span.Contains((byte)0))
        {
            // No JSON has such a byte, and most tensors have.
            throw Malformed($"{fault.Message} Where bytes of tensors follow the JSON, {LengthHeader} says how long the JSON is.");
        }
    }

    /// <summary>The outputs that are wanted.</summary>
    private static IReadOnlyList<RequestedOutput> OutputsOf(InferHeader header) => [.. header.Outputs.Select(output =>
    {
        RefuseSharedMemory(output.Parameters);
        return new RequestedOutput(output.Name, Flag(output.Parameters, BinaryOutput), ClassesOf(output.Parameters));
    })];

    /// <summary>How many of its largest elements an output is wanted as; 0: all, as they are.</summary>
    /// <exception cref="ProblemException">It is no count, or one of too many.</exception>
    public static int ClassesOf(Dictionary<string, string> parameters) => parameters.GetValueOrDefault(LargestParameter) is not { } classes ? 0
        : int.TryParse(classes, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostClasses ? count
        : throw new ProblemException(ProblemKinds.InvalidParameter, $"{LargestParameter}: '{classes.Shorten()}' is not acceptable; it must be a whole number from 0 to {MostClasses}.");

    /// <summary>What a parameter says that is true or false; null without it.</summary>
    /// <exception cref="ProblemException">It is neither.</exception>
    public static bool? Flag(Dictionary<string, string> parameters, string name) => parameters.GetValueOrDefault(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        string other => throw new ProblemException(ProblemKinds.InvalidParameter, $"{name}: '{other.Shorten()}' is not acceptable; it must be true or false."),
    };

    /// <summary>Fails where a tensor is said to be in memory that the client shares.</summary>
    /// <exception cref="ProblemException">It is.</exception>
    public static void RefuseSharedMemory(Dictionary<string, string> parameters)
    {
        if (s_sharedMemory.Any(parameters.ContainsKey))
        {
            throw new ProblemException(ProblemKinds.InvalidParameter, "shared_memory_region: this server shares no memory with its clients.");
        }
    }

    /// <summary>The type that a tensor is said to have.</summary>
    /// <exception cref="ProblemException">There is no such type.</exception>
    public static ElementType TypeOf(string name, string? type) => (type is null ? null : ElementType.Find(type)) ?? throw new ProblemException(
        ProblemKinds.TensorShape, $"the datatype of '{name}' is {(type is null ? "missing" : $"'{type.Shorten()}'")}; it must be one of {string.Join(", ", ElementType.All.Select(each => each.Name))}.");

    /// <summary>The number of a tensor's elements.</summary>
    /// <exception cref="ProblemException">It cannot be counted.</exception>
    public static long CountOf(string name, IReadOnlyList<long> shape) => Tensor.CountOf(shape) is >= 0 and var count ? count
        : throw new ProblemException(ProblemKinds.TensorShape, $"'{name}' has the shape [{string.Join(',', shape)}], which is too large.");

    /// <summary>Bytes of a tensor, checked against its type and shape; texts by their own lengths.</summary>
    /// <exception cref="ProblemException">They do not fit.</exception>
    public static void CheckBytes(string name, ElementType type, long count, ReadOnlySpan<byte> bytes)
    {
        if (type != ElementType.Text)
        {
            if (bytes.Length != count * type.Bytes)
            {
                throw new ProblemException(
                    ProblemKinds.TensorShape, $"'{name}' has {bytes.Length} bytes; {count} elements of {type.Name} have {count * type.Bytes}.");
            }

            return;
        }

        long texts = 0;
        while (bytes.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(bytes) <= bytes.Length - sizeof(uint))
        {
            bytes = bytes[(sizeof(uint) + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes))..];
            texts++;
        }

        if (bytes.Length > 0 || texts != count)
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"the bytes of '{name}' are not {count} texts, each after its length in four bytes.");
        }
    }

    private Tensor Input(TensorHeader input, int json)
    {
        string name = input.Name.Shorten();
        ElementType type = TypeOf(name, input.Type);
        long count = CountOf(name, input.Shape ?? throw new ProblemException(ProblemKinds.TensorShape, $"'{name}' has no shape."));
        RefuseSharedMemory(input.Parameters);
        string? size = input.Parameters.GetValueOrDefault(BinarySize);
        ReadOnlyMemory<byte> bytes = (input.Json, size) switch
        {
            ({ } range, null) => TensorJson.Read(name, body.Span[..json][range], type, count, take),
            (null, { } text) => Binary(name, text),
            (null, null) => throw new ProblemException(ProblemKinds.TensorShape, $"'{name}' has neither data nor {BinarySize}."),
            _ => throw new ProblemException(ProblemKinds.ConflictingParameter, $"'{name}' has data and {BinarySize}; only one of them may be given."),
        };
        CheckBytes(name, type, count, bytes.Span);
        return new Tensor(input.Name, type, input.Shape, bytes);
    }

    private ReadOnlyMemory<byte> Binary(string name, string text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size > body.Length - _read)
        {
            throw Malformed($"{BinarySize} of '{name}' is '{text.Shorten()}'; {body.Length - _read} bytes are left of the body.");
        }

        ReadOnlyMemory<byte> bytes = body.Slice(_read, size);
        _read += size;
        return bytes;
    }

    /// <summary>A body that is one tensor: of a model with one input, of whose extents one at most varies beside the rows, of which there is one.</summary>
    private InferRequest Raw(IReadOnlyList<TensorDeclaration> declared)
    {
        if (declared is not [var only] || only.Type == ElementType.Text || only.Shape.Skip(1).Count(extent => extent == TensorDeclaration.Any) > 1)
        {
            throw Malformed("a body without JSON is taken by models that have one input, of which one extent at most varies.");
        }

        long[] shape = [1, .. only.Shape.Skip(1)];
        long known = Tensor.CountOf([.. shape.Where(extent => extent != TensorDeclaration.Any)]) * only.Type.Bytes;
        int free = Array.IndexOf(shape, TensorDeclaration.Any);
        if (free >= 0)
        {
            shape[free] = body.Length / known;
        }

        CheckBytes(only.Name, only.Type, Tensor.CountOf(shape), body.Span);
        return new InferRequest { Inputs = [new Tensor(only.Name, only.Type, shape, body)], SendsBytes = true };
    }

    private static ProblemException Malformed(string what) => new(ProblemKinds.MalformedRequest, what);
}
