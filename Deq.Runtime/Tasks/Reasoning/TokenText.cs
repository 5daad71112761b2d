using System.Text;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>How a grid of tokens is written as text.</summary>
public enum TokenLayout
{
    /// <summary>A sequence in one line, one character per token: bits, words.</summary>
    Line,

    /// <summary>A grid, one line per row: mazes.</summary>
    Lines,

    /// <summary>A grid of fixed size in one line, row after row: a Sudoku's 81 characters.</summary>
    Cells,
}

/// <summary>Text or numbers that are no grid of a task's tokens.</summary>
public sealed class TokenTextException : Exception
{
    /// <summary>A refused input.</summary>
    /// <param name="message">What is wrong, and where.</param>
    public TokenTextException(string message)
        : base(message)
    {
    }
}

/// <summary>Reads and writes grids of tokens in their usual text form and as nested arrays of numbers.</summary>
/// <param name="layout">How the characters lie.</param>
/// <param name="vocabulary">What they mean.</param>
/// <param name="height">Rows where they are fixed, 0 where they are free; <see cref="TokenLayout.Cells"/> needs both.</param>
/// <param name="width">Columns, likewise.</param>
public sealed class TokenText(TokenLayout layout, TokenVocabulary vocabulary, int height = 0, int width = 0)
{
    /// <summary>How it is laid out.</summary>
    public TokenLayout Layout => layout;

    /// <summary>Reads a text.</summary>
    /// <remarks>
    /// Line ends at the end are dropped, and lines may end as on any system. Where a grid is in one line, blanks and line ends between its characters
    /// are dropped too, so that nine lines of nine are also taken. Lines of a grid are all of one length.
    /// </remarks>
    /// <exception cref="TokenTextException">A character that is no token, lines of different lengths, or another size.</exception>
    public TokenGrid Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = layout == TokenLayout.Lines ? Lines(text) : [string.Concat(text.Where(letter => !char.IsWhiteSpace(letter) || IsToken(letter)))];
        if (lines.Length == 0 || lines[0].Length == 0)
        {
            throw new TokenTextException("The input is empty.");
        }

        int[] tokens = new int[lines.Length * lines[0].Length];
        for (int row = 0; row < lines.Length; row++)
        {
            if (lines[row].Length != lines[0].Length)
            {
                throw new TokenTextException($"Line {row + 1} has {lines[row].Length} characters; the first has {lines[0].Length}.");
            }

            for (int column = 0; column < lines[row].Length; column++)
            {
                int token = vocabulary.Find(lines[row][column]);
                tokens[(row * lines[0].Length) + column] = token >= 0 ? token : throw Unknown(lines[row][column], row, column);
            }
        }

        return Sized(lines.Length, lines[0].Length, tokens);
    }

    /// <summary>Reads rows of token numbers; a sequence is one row.</summary>
    /// <exception cref="TokenTextException">A number that is no token, rows of different lengths, or another size.</exception>
    public TokenGrid Read(IReadOnlyList<IReadOnlyList<int>> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0 || rows[0].Count == 0)
        {
            throw new TokenTextException("The input is empty.");
        }

        if (rows.FirstOrDefault(row => row.Count != rows[0].Count) is { } other)
        {
            throw new TokenTextException($"A row has {other.Count} numbers; the first has {rows[0].Count}.");
        }

        int[] tokens = [.. rows.SelectMany(row => row)];
        if (tokens.AsSpan().IndexOfAnyExceptInRange(0, vocabulary.Count - 1) is >= 0 and int wrong)
        {
            throw new TokenTextException(
                $"Row {(wrong / rows[0].Count) + 1}, column {(wrong % rows[0].Count) + 1} is {tokens[wrong]}; tokens are 0 to {vocabulary.Count - 1}.");
        }

        return layout == TokenLayout.Line && rows.Count > 1
            ? throw new TokenTextException($"A sequence is one row of numbers; there are {rows.Count}.")
            : FromOneRow(rows.Count, tokens);
    }

    /// <summary>Writes a grid in the form in which it is read, without a line end at the end.</summary>
    public string Write(TokenGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var text = new StringBuilder(grid.Count + grid.Height);
        for (int row = 0; row < grid.Height; row++)
        {
            if (row > 0 && layout == TokenLayout.Lines)
            {
                text.Append('\n');
            }

            for (int column = 0; column < grid.Width; column++)
            {
                text.Append(vocabulary.Characters[grid[row, column]]);
            }
        }

        return text.ToString();
    }

    private static string[] Lines(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int first = Array.FindIndex(lines, line => line.Length > 0);
        int last = Array.FindLastIndex(lines, line => line.Length > 0);
        return first < 0 ? [] : lines[first..(last + 1)];
    }

    private bool IsToken(char letter) => letter is not ('\n' or '\r') && vocabulary.Find(letter) >= 0;

    /// <summary>A grid of fixed size may come as one row of all its numbers.</summary>
    private TokenGrid FromOneRow(int rows, int[] tokens) => Sized(rows, tokens.Length / rows, tokens);

    private TokenGrid Sized(int rows, int columns, int[] tokens)
    {
        bool isOneRow = layout == TokenLayout.Cells && rows == 1 && tokens.Length == height * width;
        (int high, int wide) = isOneRow ? (height, width) : (rows, columns);
        if ((height > 0 && high != height) || (width > 0 && wide != width))
        {
            string given = layout == TokenLayout.Cells && rows == 1 ? $"{tokens.Length} places" : $"{rows} x {columns} places";
            throw new TokenTextException($"The input has {given}; the model takes {height} x {width}.");
        }

        return new TokenGrid(high, wide, tokens);
    }

    private TokenTextException Unknown(char letter, int row, int column) => new(
        $"Line {row + 1}, column {column + 1} is '{letter}', which is no token; tokens are {string.Join(' ', vocabulary.Characters.Concat(vocabulary.Aliases.Keys).Select(known => $"'{known}'"))}.");
}
