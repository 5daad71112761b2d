using Deq.Export.Datasets;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Puzzles;

/// <summary>A directory of puzzles as <see cref="DrawnPuzzles"/> writes them: text files of questions, each with its answers beside it.</summary>
internal static class PuzzleFiles
{
    private const string Ending = ".txt";
    private const string Answers = ".answers";

    /// <summary>Where the answers to a file of questions are.</summary>
    public static string AnswersTo(string path) => Path.ChangeExtension(path, Answers + Path.GetExtension(path));

    /// <summary>Reads every file as a test of its name, in the order of their names; of <c>3. minimal.txt</c> the test is <c>minimal</c>.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="text">How the model's puzzles are written.</param>
    /// <exception cref="DatasetException">There is none, or one is no puzzle of the model.</exception>
    public static IReadOnlyList<ReasoningTest> Read(DirectoryInfo directory, TokenText text)
    {
        string[] files = directory.Exists
            ? [.. Directory.GetFiles(directory.FullName, $"*{Ending}").Where(path => !PictureFiles.IsHidden(path) && !path.EndsWith(Answers + Ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
            : [];
        return files.Length == 0
            ? throw new DatasetException(directory.FullName, $"It has no puzzles, files {Ending} as draw-puzzles writes them.")
            : [.. files.Select(path => new ReasoningTest(Name(path), Puzzles(path, text)))];
    }

    private static string Name(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string[] parts = name.Split(". ", 2);
        return parts.Length == 2 && parts[0].All(char.IsAsciiDigit) ? parts[1] : name;
    }

    private static Puzzle[] Puzzles(string path, TokenText text)
    {
        string answers = AnswersTo(path);
        if (!File.Exists(answers))
        {
            throw new DatasetException(path, $"Its answers, {Path.GetFileName(answers)}, are missing.");
        }

        TokenGrid[] questions = Grids(path, text);
        TokenGrid[] right = Grids(answers, text);
        return questions.Length == right.Length && questions.Length > 0
            ? [.. questions.Zip(right, (question, answer) => new Puzzle(question, answer))]
            : throw new DatasetException(path, $"It has {questions.Length} questions and {right.Length} answers; it has at least one, and as many answers.");
    }

    private static TokenGrid[] Grids(string path, TokenText text)
    {
        string separator = text.Layout == TokenLayout.Lines ? "\n\n" : "\n";
        try
        {
            return
            [
                .. File.ReadAllText(path).ReplaceLineEndings("\n").Split(separator, StringSplitOptions.RemoveEmptyEntries)
                    .Where(part => part.Trim().Length > 0).Select(part => text.Read(part.Trim('\n'))),
            ];
        }
        catch (TokenTextException fault)
        {
            throw new DatasetException(path, fault.Message, fault);
        }
    }
}
