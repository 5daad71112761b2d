using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Requests;

/// <summary>What a request brings: the images, not decoded yet, and the parameters among the fields of a multipart body.</summary>
internal sealed record Payload
{
    /// <summary>One per image, in order, at least one. Each turns its image into the encoder's input, on an engine thread.</summary>
    public required IReadOnlyList<WriteInput> Images { get; init; }

    /// <summary>Parameters by name; a name may come more than once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];
}
