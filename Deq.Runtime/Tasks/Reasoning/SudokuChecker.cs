namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Sudoku on 9 × 9 places: each digit once in every row, column and box of 3 × 3.</summary>
public sealed class SudokuChecker : IAnswerChecker
{
    /// <summary>Rows, columns, boxes, and digits.</summary>
    public const int Side = 9;

    /// <inheritdoc/>
    public string Name => "sudoku";

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new()
    {
        Characters = ['.', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        Aliases = new Dictionary<char, int> { ['0'] = 0 },
        Blanks = [0],
        Answers = [1, 2, 3, 4, 5, 6, 7, 8, 9],
    };

    /// <inheritdoc/>
    public string? Refusal(TokenGrid question)
    {
        ArgumentNullException.ThrowIfNull(question);
        if ((question.Height, question.Width) != (Side, Side))
        {
            return $"A Sudoku has 9 x 9 places; this has {question.Height} x {question.Width}.";
        }

        return question.Tokens.ContainsAnyExceptInRange(0, Side) ? "A Sudoku is made of blanks and the digits 1 to 9."
            : IsConsistent(question.Tokens) ? null
            : "A digit is given twice in a row, a column or a box.";
    }

    /// <inheritdoc/>
    public bool IsValid(TokenGrid question, TokenGrid answer)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Count != Side * Side || question.Count != answer.Count || answer.Tokens.ContainsAnyExceptInRange(1, Side))
        {
            return false;
        }

        for (int place = 0; place < answer.Count; place++)
        {
            if (question.Tokens[place] != 0 && question.Tokens[place] != answer.Tokens[place])
            {
                return false;
            }
        }

        return IsConsistent(answer.Tokens);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Wrong(TokenGrid question, TokenGrid answer) => Conflicts(answer);

    /// <summary>The places whose digit occurs once more in their row, column or box.</summary>
    /// <param name="answer">9 × 9 tokens, blanks among them if need be.</param>
    public static IReadOnlyList<int> Conflicts(TokenGrid answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var conflicts = new List<int>();
        for (int place = 0; place < answer.Count; place++)
        {
            int digit = answer.Tokens[place];
            for (int other = 0; other < answer.Count && digit != 0; other++)
            {
                if (other != place && answer.Tokens[other] == digit && ArePeers(place, other))
                {
                    conflicts.Add(place);
                    break;
                }
            }
        }

        return conflicts;
    }

    /// <summary>Whether two places share a row, a column or a box; a place does with itself.</summary>
    /// <param name="a">0 to 80, row by row.</param>
    /// <param name="b">0 to 80.</param>
    public static bool ArePeers(int a, int b) =>
        a / Side == b / Side || a % Side == b % Side || Box(a) == Box(b);

    /// <summary>The box of a place, 0 to 8, row by row.</summary>
    /// <param name="place">0 to 80, row by row.</param>
    public static int Box(int place) => (place / (3 * Side) * 3) + (place % Side / 3);

    private static bool IsConsistent(ReadOnlySpan<int> tokens)
    {
        Span<int> seen = stackalloc int[3 * Side];
        seen.Clear();
        for (int place = 0; place < tokens.Length; place++)
        {
            if (tokens[place] == 0)
            {
                continue;
            }

            int bit = 1 << tokens[place];
            foreach (int unit in (ReadOnlySpan<int>)[place / Side, Side + (place % Side), (2 * Side) + Box(place)])
            {
                if ((seen[unit] & bit) != 0)
                {
                    return false;
                }

                seen[unit] |= bit;
            }
        }

        return true;
    }
}
