using System.Globalization;
using System.Text.Json;
using Deq.Api.Requests;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>One input of a request, and the form in which it came, which is that of its answer.</summary>
/// <param name="Grid">The question.</param>
/// <param name="Form">How it came.</param>
internal sealed record ReasoningQuestion(TokenGrid Grid, QuestionForm Form)
{
    /// <summary>An answer in the form of the question.</summary>
    /// <param name="answer">Of the same shape.</param>
    /// <param name="text">The model's text form.</param>
    public object Write(TokenGrid answer, TokenText text) => Form switch
    {
        QuestionForm.Text => text.Write(answer),
        QuestionForm.Numbers => answer.Tokens.ToArray(),
        _ => answer.Tokens.ToArray().Chunk(answer.Width).ToArray(),
    };
}

/// <summary>How tokens are written in requests and answers.</summary>
internal enum QuestionForm
{
    /// <summary>The usual text.</summary>
    Text,

    /// <summary>One list of token numbers.</summary>
    Numbers,

    /// <summary>A list of rows of them.</summary>
    Rows,
}

/// <summary>Turns text or numbers into questions of a model, or says what is wrong with them.</summary>
/// <param name="manifest">A reasoner's.</param>
internal sealed class QuestionReader(ModelManifest manifest)
{
    private readonly TokenText _text = TextOf(manifest);
    private readonly string? _checker = ReasoningContract.Of(manifest).Checker;

    /// <summary>The text form of a model.</summary>
    public static TokenText TextOf(ModelManifest manifest)
    {
        var contract = ReasoningContract.Of(manifest);
        return new TokenText(Enum.Parse<TokenLayout>(contract.Layout, ignoreCase: true), contract.ToVocabulary(), manifest.Input.Height, manifest.Input.Width);
    }

    /// <summary>A question as a JSON value: a text, a list of numbers, or a list of rows of them.</summary>
    /// <exception cref="TokenTextException">It is no question of the model.</exception>
    public ReasoningQuestion Read(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return Read(value.GetString()!);
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new TokenTextException("It must be a text, a list of token numbers, or a list of rows of them.");
        }

        bool isRows = value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Array;
        int[][] rows = isRows ? [.. value.EnumerateArray().Select(Numbers)] : [Numbers(value)];
        return new ReasoningQuestion(Checked(_text.Read(rows)), isRows ? QuestionForm.Rows : QuestionForm.Numbers);
    }

    /// <summary>A question as text.</summary>
    /// <exception cref="TokenTextException">It is no question of the model.</exception>
    public ReasoningQuestion Read(string text) => new(Checked(_text.Read(text)), QuestionForm.Text);

    private TokenGrid Checked(TokenGrid question)
    {
        if (manifest.Input.Sizes is { } sizes && sizes.Refusal(question.Height, question.Width) is not null)
        {
            throw new TokenTextException(Math.Min(question.Height, question.Width) < sizes.LeastSide
                ? string.Create(CultureInfo.InvariantCulture, $"It has {question.Height} x {question.Width} places; the model takes at least {sizes.LeastSide} along each side.")
                : string.Create(CultureInfo.InvariantCulture, $"It has {question.Count} places; the model takes at most {sizes.MostPixels}."));
        }

        return _checker is not null && AnswerCheckers.Find(_checker)!.Refusal(question) is { } refusal ? throw new TokenTextException(refusal) : question;
    }

    private static int[] Numbers(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Array)
        {
            throw new TokenTextException($"{row.GetRawText().Shorten()} stands among rows; each must be a list of token numbers.");
        }

        int[] numbers = new int[row.GetArrayLength()];
        int next = 0;
        foreach (JsonElement item in row.EnumerateArray())
        {
            numbers[next++] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number)
                ? number
                : throw new TokenTextException($"{item.GetRawText().Shorten()} is no token number.");
        }

        return numbers;
    }
}
