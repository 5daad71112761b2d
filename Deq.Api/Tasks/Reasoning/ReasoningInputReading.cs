using System.Text.Json;
using Deq.Api.Problems;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>Turns text or numbers into questions of a model, or says what is wrong with them.</summary>
/// <param name="manifest">A reasoner.</param>
internal sealed class ReasoningInputReading(ModelManifest manifest)
{
    private readonly TokenText _text = TextOf(manifest);

    /// <summary>The text form of a model.</summary>
    public static TokenText TextOf(ModelManifest manifest) => new(
        Enum.Parse<TokenLayout>(manifest.Reasoning!.Layout, ignoreCase: true), manifest.Reasoning.ToVocabulary(), manifest.Input.Height, manifest.Input.Width);

    /// <summary>A question as a JSON value: a text, a list of numbers, or a list of rows of them.</summary>
    /// <param name="place">Where it stands, for the problem.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ProblemException">It is no question of the model.</exception>
    public ReasoningInput Of(string place, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return OfText(place, value.GetString()!);
        }

        bool isRows = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(row => row.ValueKind == JsonValueKind.Array);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            throw Invalid(place, "It must be a text, a list of token numbers, or a list of rows of them.");
        }

        int[][] rows = isRows ? [.. value.EnumerateArray().Select(row => Numbers(place, row))] : [Numbers(place, value)];
        return new ReasoningInput(Checked(place, () => _text.Read(rows)), IsNumbers: true, IsOneRow: !isRows);
    }

    /// <summary>A question as text.</summary>
    /// <param name="place">Where it stands, for the problem.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="ProblemException">It is no question of the model.</exception>
    public ReasoningInput OfText(string place, string text) => new(Checked(place, () => _text.Read(text)), IsNumbers: false, IsOneRow: false);

    private TokenGrid Checked(string place, Func<TokenGrid> read)
    {
        TokenGrid question;
        try
        {
            question = read();
        }
        catch (TokenTextException fault)
        {
            throw Invalid(place, fault.Message);
        }

        if (manifest.Input.Sizes is { } sizes && question.Count > sizes.MostPixels)
        {
            throw Invalid(place, $"It has {question.Count} places; the model takes at most {sizes.MostPixels}.");
        }

        return manifest.Reasoning!.Checker is { } checker && AnswerCheckers.Find(checker)!.Refusal(question) is { } refusal
            ? throw Invalid(place, refusal)
            : question;
    }

    private static int[] Numbers(string place, JsonElement row)
    {
        int[] numbers = new int[row.GetArrayLength()];
        int next = 0;
        foreach (JsonElement item in row.EnumerateArray())
        {
            numbers[next++] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number)
                ? number
                : throw Invalid(place, $"{item.GetRawText()} is no token number.");
        }

        return numbers;
    }

    private static ProblemException Invalid(string place, string fault) =>
        new ProblemException(ProblemKinds.InvalidParameter, $"{place}: {fault}")
            .With("errors", new Dictionary<string, string[]>(StringComparer.Ordinal) { [place] = [fault] });
}
