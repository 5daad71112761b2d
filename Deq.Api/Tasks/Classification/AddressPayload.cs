using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Tasks.Classification;

/// <summary>A JSON object with the address of an image, and parameters beside it.</summary>
/// <param name="ImageUrl">Where the image is, as the client wrote it.</param>
/// <param name="Fields">Parameters by name, as text.</param>
internal sealed record AddressPayload(string ImageUrl, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    public const string Field = "imageUrl";

    /// <summary>Parsed on the thread that received it, so it must be small.</summary>
    private const int MostBytes = 16 << 10;

    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <exception cref="ProblemException">No JSON object with an address, or too large a one.</exception>
    public static AddressPayload Read(byte[] body)
    {
        if (body.Length > MostBytes)
        {
            throw new ProblemException(ProblemKinds.BodyTooLarge, $"A JSON body has at most {MostBytes} bytes.").WithLimit(MostBytes);
        }

        using JsonDocument document = ClientJson.Parse(body, s_json, fault => Malformed($"; {fault}"));
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(Field, out JsonElement url) && url.ValueKind == JsonValueKind.String
            ? new AddressPayload(url.GetString()!, [.. document.RootElement.EnumerateObject().Where(field => field.Name != Field).Select(FieldOf)])
            : throw Malformed("");
    }

    private static ProblemException Malformed(string fault) =>
        new(ProblemKinds.MalformedRequest, $"The body must be a JSON object with \"{Field}\", the address of an image as text{fault}.");

    private static KeyValuePair<string, string> FieldOf(JsonProperty field) => KeyValuePair.Create(field.Name, field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Value.GetString()!,
        JsonValueKind.Null => "",
        _ => field.Value.GetRawText(),
    });
}
