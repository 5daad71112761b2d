namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Says whether an answer solves its question, by the rules of the puzzle alone. No model takes part, and none is trained on it.</summary>
public interface IAnswerChecker
{
    /// <summary>As in manifests, such as <c>sudoku</c>.</summary>
    string Name { get; }

    /// <summary>What the numbers of the tokens mean to the checker.</summary>
    TokenVocabulary Vocabulary { get; }

    /// <summary>Whether the question is one of this puzzle; null, or why not.</summary>
    string? Refusal(TokenGrid question);

    /// <summary>Whether the answer keeps what was given and solves the question.</summary>
    /// <param name="question">One that is not refused.</param>
    /// <param name="answer">Of the same shape; of another it is not valid.</param>
    bool IsValid(TokenGrid question, TokenGrid answer);

    /// <summary>The places of an answer in conflict with the rules, in order, given ones among them where they take part; an answer without any may still not be valid.</summary>
    /// <param name="question">One that is not refused.</param>
    /// <param name="answer">Of the same shape.</param>
    IReadOnlyList<int> Wrong(TokenGrid question, TokenGrid answer);
}

/// <summary>The checkers that manifests may name. A new one is its file and one line here.</summary>
public static class AnswerCheckers
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IAnswerChecker> All { get; } = [new PrefixSumChecker(), new MazeChecker(), new SudokuChecker()];

    /// <summary>The checker of that name; null for none.</summary>
    public static IAnswerChecker? Find(string name) => All.FirstOrDefault(checker => checker.Name == name);
}
