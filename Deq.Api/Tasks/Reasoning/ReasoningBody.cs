using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>What a request to reason brings: questions, and parameters beside them.</summary>
/// <param name="Questions">At least one.</param>
/// <param name="AreSeveral">Whether they came as a list, so that the answers are one too.</param>
/// <param name="Fields">Parameters by name, as text.</param>
internal sealed record ReasoningBody(IReadOnlyList<ReasoningQuestion> Questions, bool AreSeveral, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    public const string Text = "text/plain";
    public const string One = "input";
    public const string Several = "inputs";

    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The types of bodies that are taken.</summary>
    public static IReadOnlyList<string> Types { get; } = [AcceptHeader.Json, Text];

    /// <summary>Reads a body.</summary>
    /// <param name="body">All bytes, at least one.</param>
    /// <param name="type">One of <see cref="Types"/>.</param>
    /// <param name="reader">The model's.</param>
    /// <param name="most">The most inputs.</param>
    /// <exception cref="ProblemException">No JSON object with an input or inputs, too many, or one that is no question of the model.</exception>
    public static ReasoningBody Read(byte[] body, string type, QuestionReader reader, int most)
    {
        var faults = new InputFaults();
        if (type == Text)
        {
            ReasoningQuestion? only = faults.Try(One, () => reader.Read(Encoding.UTF8.GetString(body).TrimStart('\uFEFF')));
            faults.Refuse();
            return new ReasoningBody([only!], AreSeveral: false, []);
        }

        using JsonDocument document = ClientJson.Parse(
            body, s_json, fault => new ProblemException(ProblemKinds.MalformedRequest, $"The body is not JSON that this path takes: {fault}."));
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? Read(document.RootElement, reader, most, faults)
            : throw new ProblemException(ProblemKinds.MalformedRequest, "The body must be a JSON object.");
    }

    private static ReasoningBody Read(JsonElement root, QuestionReader reader, int most, InputFaults faults)
    {
        bool hasOne = root.TryGetProperty(One, out JsonElement one);
        bool hasSeveral = root.TryGetProperty(Several, out JsonElement several);
        if (hasOne == hasSeveral || (hasSeveral && (several.ValueKind != JsonValueKind.Array || several.GetArrayLength() == 0)))
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, $"The body has either \"{One}\", or \"{Several}\" with a list of at least one.");
        }

        if (hasSeveral && several.GetArrayLength() > most)
        {
            throw new ProblemException(ProblemKinds.TooManyImages, $"A request has at most {most} inputs; there are {several.GetArrayLength()}.").WithLimit(most);
        }

        ReasoningQuestion?[] questions = hasOne
            ? [faults.Try(One, () => reader.Read(one))]
            : [.. several.EnumerateArray().Select((item, i) => faults.Try($"{Several}[{i}]", () => reader.Read(item)))];
        faults.Refuse();
        return new ReasoningBody(
            [.. questions.Select(question => question!)], hasSeveral, [.. root.EnumerateObject().Where(field => field.Name is not (One or Several)).Select(Field)]);
    }

    private static KeyValuePair<string, string> Field(JsonProperty field) => KeyValuePair.Create(field.Name, field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => "",
        _ => field.Value.GetRawText(),
    });

    /// <summary>The faults of all inputs, by where they stand.</summary>
    private sealed class InputFaults
    {
        private readonly Dictionary<string, string[]> _byPlace = new(StringComparer.Ordinal);

        public ReasoningQuestion? Try(string place, Func<ReasoningQuestion> read)
        {
            try
            {
                return read();
            }
            catch (TokenTextException fault)
            {
                _byPlace[place] = [fault.Message];
                return null;
            }
        }

        public void Refuse()
        {
            if (_byPlace.Count > 0)
            {
                throw ProblemException.Of(ProblemKinds.InvalidInput, _byPlace);
            }
        }
    }
}
