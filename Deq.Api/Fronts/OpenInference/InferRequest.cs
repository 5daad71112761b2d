using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>What one request of the protocol asks, over REST or gRPC.</summary>
internal sealed record InferRequest
{
    /// <summary>The most tensors and extents that a request may list.</summary>
    public const int MostListed = 64;

    /// <summary>The client's own name of the request, given back; null where it gave none.</summary>
    public string? Id { get; init; }

    /// <summary>Texts by name; of numbers and truth values as JSON writes them.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>What is wanted; empty: everything that the model declares.</summary>
    public IReadOnlyList<RequestedOutput> Outputs { get; init; } = [];

    /// <summary>What the client itself waits from when the request came, whatever the parameters ask for; null where it does not say.</summary>
    public TimeSpan? Allowed { get; init; }

    /// <summary>Whether outputs that do not say are sent as bytes.</summary>
    public bool SendsBytes { get; init; }

    /// <summary>The inputs in the order in which a model declares them.</summary>
    /// <param name="declared">What it takes.</param>
    /// <param name="mostRows">The most rows of a request.</param>
    /// <exception cref="ProblemException">One is missing, unknown, given twice, or of another type or shape.</exception>
    public IReadOnlyList<Tensor> InputsAs(IReadOnlyList<TensorDeclaration> declared, int mostRows)
    {
        string names = string.Join(", ", declared.Select(input => input.Name));
        if (Inputs.FirstOrDefault(input => declared.All(known => known.Name != input.Name)) is { } unknown)
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"unexpected inference input '{unknown.Name.Shorten()}'; the model takes {names}.");
        }

        Tensor[] ordered = [.. declared.Select(input => Inputs.Where(given => given.Name == input.Name).ToArray() switch
        {
            [var one] => one,
            [] => throw new ProblemException(ProblemKinds.TensorShape, $"the input '{input.Name}' is missing; the model takes {names}."),
            _ => throw new ProblemException(ProblemKinds.ConflictingParameter, $"the input '{input.Name}' is given twice."),
        })];
        foreach ((Tensor given, TensorDeclaration input) in ordered.Zip(declared))
        {
            if (given.Type != input.Type)
            {
                throw new ProblemException(ProblemKinds.TensorShape, $"'{input.Name}' has the datatype {given.Type.Name}; the model takes {input.Type.Name}.");
            }

            if (input.Refusal(given.Shape) is { } refusal)
            {
                throw new ProblemException(ProblemKinds.TensorShape, refusal).With("expected", input.Shape);
            }
        }

        CheckRows(ordered, mostRows);
        return ordered;
    }

    private static void CheckRows(Tensor[] inputs, int mostRows)
    {
        if (inputs.Any(input => input.Shape[0] != inputs[0].Shape[0]))
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"the inputs have {string.Join(" and ", inputs.Select(input => input.Shape[0]))} rows; all must have the same number.");
        }

        if (inputs[0].Shape[0] > mostRows)
        {
            throw new ProblemException(ProblemKinds.TooManyImages, $"A request has at most {mostRows} rows.").WithLimit(mostRows);
        }
    }
}

/// <summary>One output that is wanted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SendsBytes">Whether it is sent as bytes; null: as the request says for all.</param>
/// <param name="Classes">How many of its largest elements are wanted instead of all, as texts; 0: all elements.</param>
internal sealed record RequestedOutput(string Name, bool? SendsBytes, int Classes);
