using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The answer to a request of the protocol, over REST or gRPC.</summary>
internal sealed record InferAnswer
{
    public required string Model { get; init; }

    public required string Version { get; init; }

    /// <summary>The client's name of the request; null where it gave none.</summary>
    public required string? Id { get; init; }

    /// <summary>How the answer was found: texts, numbers and truth values.</summary>
    public required IReadOnlyList<KeyValuePair<string, object>> Parameters { get; init; }

    public required IReadOnlyList<InferOutput> Outputs { get; init; }
}

/// <summary>One output of an answer.</summary>
/// <param name="Tensor">With rows along its first axis.</param>
/// <param name="SendsBytes">Whether its elements are sent as bytes instead of JSON.</param>
internal readonly record struct InferOutput(Tensor Tensor, bool SendsBytes);
