namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Running parity: each bit of the answer is the sum modulo 2 of the question's bits up to and with its place.</summary>
public sealed class PrefixSumChecker : IAnswerChecker
{
    /// <inheritdoc/>
    public string Name => "prefix-sum";

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new() { Characters = ['0', '1'], Answers = [0, 1] };

    /// <summary>The answer to a question.</summary>
    public static TokenGrid Solve(TokenGrid question)
    {
        ArgumentNullException.ThrowIfNull(question);
        int[] sums = new int[question.Count];
        int parity = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = parity ^= question.Tokens[i] & 1;
        }

        return TokenGrid.Sequence(sums);
    }

    /// <inheritdoc/>
    public string? Refusal(TokenGrid question)
    {
        ArgumentNullException.ThrowIfNull(question);
        return question.Height > 1 ? $"Bits are one sequence; this is a grid of {question.Height} rows."
            : question.Tokens.ContainsAnyExcept(0, 1) ? "Bits are 0 and 1."
            : null;
    }

    /// <inheritdoc/>
    public bool IsValid(TokenGrid question, TokenGrid answer) => Solve(question).Equals(answer);

    /// <inheritdoc/>
    public IReadOnlyList<int> Wrong(TokenGrid question, TokenGrid answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        TokenGrid right = Solve(question);
        return [.. Enumerable.Range(0, answer.Count).Where(place => answer.Tokens[place] != right.Tokens[place])];
    }
}
