using System.Globalization;
using System.IO.Compression;
using Deq.Export.Datasets;

namespace Deq.Benchmarks.Bilevel;

/// <summary>Reads LIBSVM text: one example per line, a label and <c>index:value</c> pairs with indices from 1, rising.</summary>
/// <remarks>Names ending in <c>.gz</c> are unpacked. Blank lines and what follows <c>#</c> are passed over. There must be two labels: the larger is 1.</remarks>
internal static class LibsvmReader
{
    private const int LargestIndex = 100_000_000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">No such file, or a line that will not do, named by its number.</exception>
    public static LabelledRows Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            throw new DatasetException(path, "There is no such file.");
        }

        try
        {
            using FileStream file = File.OpenRead(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(stream);
            return Read(path, reader);
        }
        catch (InvalidDataException damage)
        {
            throw new DatasetException(path, $"It cannot be unpacked: {damage.Message}", damage);
        }
    }

    private static LabelledRows Read(string path, StreamReader reader)
    {
        List<int> starts = [0];
        List<int> columns = [];
        List<double> values = [];
        List<double> labels = [];
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            ReadOnlySpan<char> text = line.AsSpan();
            int comment = text.IndexOf('#');
            text = (comment < 0 ? text : text[..comment]).Trim();
            if (text.IsEmpty)
            {
                continue;
            }

            string? fault = ReadLine(text, labels, columns, values, starts[^1]);
            if (fault is not null)
            {
                throw new DatasetException(path, $"Line {number}: {fault}");
            }

            starts.Add(columns.Count);
        }

        double[] classes = [.. labels.Distinct().Order()];
        if (classes.Length != 2)
        {
            throw new DatasetException(path, $"It has {classes.Length} different labels; logistic regression takes two.");
        }

        SparseMatrix features = Compact([.. starts], [.. columns], [.. values]);
        return new LabelledRows(features, [.. labels.Select(label => label == classes[1] ? 1.0 : -1.0)]);
    }

    /// <summary>
    /// The rows over the columns that occur, in their order. A column that never occurs has weight 0 at every regularization, and an index of
    /// 100 million would otherwise cost vectors of 800 MB.
    /// </summary>
    private static SparseMatrix Compact(int[] starts, int[] columns, double[] values)
    {
        int[] used = [.. columns.Distinct().Order()];
        return new SparseMatrix(starts, [.. columns.Select(column => Array.BinarySearch(used, column))], values, used.Length);
    }

    /// <summary>Null, or what is wrong with the line.</summary>
    private static string? ReadLine(ReadOnlySpan<char> text, List<double> labels, List<int> columns, List<double> values, int start)
    {
        bool isLabel = true;
        foreach (Range range in text.SplitAny(' ', '\t'))
        {
            ReadOnlySpan<char> word = text[range];
            if (word.IsEmpty)
            {
                continue;
            }

            if (isLabel)
            {
                if (!TryNumber(word, out double label))
                {
                    return $"\"{word}\" is not a label; a number is expected.";
                }

                labels.Add(label);
                isLabel = false;
                continue;
            }

            int colon = word.IndexOf(':');
            if (colon < 1 || !int.TryParse(word[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                || index is < 1 or > LargestIndex || !TryNumber(word[(colon + 1)..], out double value))
            {
                return $"\"{word}\" is not index:value with an index from 1 to {LargestIndex} and a finite value.";
            }

            if (columns.Count > start && columns[^1] >= index - 1)
            {
                return $"Index {index} follows {columns[^1] + 1}; indices must rise.";
            }

            columns.Add(index - 1);
            values.Add(value);
        }

        return null;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
