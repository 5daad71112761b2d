using System.Text;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>What a request to reason brings: questions, whether they came as numbers, and fields beside them.</summary>
/// <param name="Inputs">At least one.</param>
/// <param name="IsBatch">Whether they came as several, so that answers are several too.</param>
/// <param name="Fields">Parameters by name, as text.</param>
internal sealed record ReasoningQuestions(IReadOnlyList<ReasoningInput> Inputs, bool IsBatch, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    public const string Text = "text/plain";

    private const string Input = "input";
    private const string Several = "inputs";

    /// <summary>The types of bodies that are taken.</summary>
    public static IReadOnlyList<string> Types { get; } = [AcceptHeader.Json, Text];

    /// <summary>Reads a body.</summary>
    /// <param name="body">All bytes.</param>
    /// <param name="type">One of <see cref="Types"/>.</param>
    /// <param name="model">Whose tokens they are.</param>
    /// <param name="limits">The server's.</param>
    /// <exception cref="ProblemException">No JSON object with an input, or an input that is no question of the model.</exception>
    public static ReasoningQuestions Read(byte[] body, string type, ServedModel model, RequestLimits limits)
    {
        var reading = new ReasoningInputReading(model.Manifest);
        if (type == Text)
        {
            return new ReasoningQuestions([reading.OfText(Input, Encoding.UTF8.GetString(body))], IsBatch: false, []);
        }

        using JsonDocument document = Parse(body);
        JsonElement root = document.RootElement;
        bool hasOne = root.TryGetProperty(Input, out JsonElement one);
        bool hasSeveral = root.TryGetProperty(Several, out JsonElement several);
        if (hasOne == hasSeveral || (hasSeveral && (several.ValueKind != JsonValueKind.Array || several.GetArrayLength() == 0)))
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, $"The body has either \"{Input}\", or \"{Several}\" with a list of at least one.");
        }

        if (hasSeveral && several.GetArrayLength() > limits.Images)
        {
            throw new ProblemException(ProblemKinds.TooManyImages, $"A request has at most {limits.Images} inputs; there are {several.GetArrayLength()}.")
                .WithLimit(limits.Images);
        }

        ReasoningInput[] inputs = hasOne
            ? [reading.Of(Input, one)]
            : [.. several.EnumerateArray().Select((item, i) => reading.Of($"{Several}[{i}]", item))];
        return new ReasoningQuestions(inputs, hasSeveral, [.. root.EnumerateObject().Where(field => field.Name is not (Input or Several)).Select(Field)]);
    }

    public static ProblemException Missing() =>
        new(ProblemKinds.MissingBody, $"The body is empty; it must be a question: {string.Join(" or ", Types)}.");

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw new ProblemException(ProblemKinds.MalformedRequest, "The body must be a JSON object {…}.");
        }
        catch (JsonException fault)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, $"The body is not JSON: {fault.Message}");
        }
    }

    private static KeyValuePair<string, string> Field(JsonProperty field) => KeyValuePair.Create(field.Name, field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => field.Value.GetRawText(),
    });
}

/// <summary>One question, and whether it came as numbers.</summary>
/// <param name="Question">The question.</param>
/// <param name="IsNumbers">Whether the answer is to be numbers too.</param>
/// <param name="IsOneRow">Whether those came as one list, not as rows.</param>
internal sealed record ReasoningInput(TokenGrid Question, bool IsNumbers, bool IsOneRow);
