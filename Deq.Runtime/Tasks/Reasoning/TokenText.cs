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

        var faults = new Faults();

        // By what was sent: the product of sides that are not those of a grid may be billions.
        int[] tokens = new int[lines.Sum(line => line.Length)];
        int next = 0;
        for (int row = 0; row < lines.Length; row++)
        {
            if (lines[row].Length != lines[0].Length)
            {
                int line = row;
                faults.Add(() => $"Line {line + 1} has {lines[line].Length} characters; the first has {lines[0].Length}.");
            }

            for (int column = 0; column < lines[row].Length; column++)
            {
                int token = vocabulary.Find(lines[row][column]);
                if (token < 0)
                {
                    (int line, int place) = (row, column);
                    faults.Add(() => $"Line {line + 1}, column {place + 1} is '{lines[line][place]}', which is no token; {Tokens}.");
                }

                tokens[next++] = token;
            }
        }

        faults.Refuse();
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

        var faults = new Faults();
        foreach ((int row, IReadOnlyList<int> numbers) in rows.Index())
        {
            if (numbers.Count != rows[0].Count)
            {
                faults.Add(() => $"Row {row + 1} has {numbers.Count} numbers; the first has {rows[0].Count}.");
            }

            foreach ((int column, int number) in numbers.Index().Where(each => each.Item < 0 || each.Item >= vocabulary.Count))
            {
                faults.Add(() => $"Row {row + 1}, column {column + 1} is {number}; tokens are 0 to {vocabulary.Count - 1}.");
            }
        }

        if (layout == TokenLayout.Line && rows.Count > 1)
        {
            faults.Add(() => $"A sequence is one row of numbers; there are {rows.Count}.");
        }

        faults.Refuse();
        return FromOneRow(rows.Count, [.. rows.SelectMany(row => row)]);
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

    private string Tokens =>
        $"tokens are {string.Join(' ', vocabulary.Characters.Concat(vocabulary.Aliases.Keys).Select(known => $"'{known}'"))}";

    /// <summary>The faults of one input, of which the first few are named.</summary>
    private sealed class Faults
    {
        private const int MostNamed = 5;

        private readonly List<string> _named = [];
        private int _count;

        public void Add(Func<string> fault)
        {
            if (_count++ < MostNamed)
            {
                _named.Add(fault());
            }
        }

        public void Refuse()
        {
            if (_count > 0)
            {
                string more = _count > MostNamed ? $" There are {_count - MostNamed} more." : "";
                throw new TokenTextException(string.Join(' ', _named) + more);
            }
        }
    }
}
