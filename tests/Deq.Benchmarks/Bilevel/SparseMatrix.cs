using System.Numerics.Tensors;

namespace Deq.Benchmarks.Bilevel;

/// <summary>A matrix of doubles by compressed rows. Rows that have every column run as dense vectors.</summary>
internal sealed class SparseMatrix
{
    private readonly int[] _starts;
    private readonly int[] _columns;
    private readonly double[] _values;

    /// <summary>Takes the arrays over.</summary>
    /// <param name="starts">Where each row begins among the entries, <c>[Rows + 1]</c>.</param>
    /// <param name="columns">The entries' columns, from 0, rising within a row.</param>
    /// <param name="values">The entries.</param>
    /// <param name="width">The number of columns.</param>
    /// <exception cref="ArgumentException">The lengths disagree.</exception>
    public SparseMatrix(int[] starts, int[] columns, double[] values, int width)
    {
        ArgumentNullException.ThrowIfNull(starts);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(values);
        if (starts.Length == 0 || starts[^1] != columns.Length || columns.Length != values.Length)
        {
            throw new ArgumentException($"Rows end at {(starts.Length == 0 ? 0 : starts[^1])}; there are {columns.Length} columns and {values.Length} values.", nameof(starts));
        }

        (_starts, _columns, _values, Width) = (starts, columns, values, width);
    }

    /// <summary>The number of rows, n.</summary>
    public int Rows => _starts.Length - 1;

    /// <summary>The number of columns, p.</summary>
    public int Width { get; }

    /// <summary>The number of entries.</summary>
    public int Entries => _values.Length;

    /// <summary>A matrix all of whose entries are given, row by row.</summary>
    /// <param name="values"><c>[rows, width]</c>; taken over.</param>
    /// <param name="width">The number of columns.</param>
    public static SparseMatrix Dense(double[] values, int width)
    {
        ArgumentNullException.ThrowIfNull(values);
        int rows = values.Length / width;
        int[] columns = new int[values.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = i % width;
        }

        return new SparseMatrix([.. Enumerable.Range(0, rows + 1).Select(row => row * width)], columns, values, width);
    }

    /// <summary>The rows of these numbers, in this order.</summary>
    public SparseMatrix Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int[] starts = new int[rows.Count + 1];
        for (int i = 0; i < rows.Count; i++)
        {
            starts[i + 1] = starts[i] + _starts[rows[i] + 1] - _starts[rows[i]];
        }

        int[] columns = new int[starts[^1]];
        double[] values = new double[starts[^1]];
        for (int i = 0; i < rows.Count; i++)
        {
            (int from, int length) = (_starts[rows[i]], starts[i + 1] - starts[i]);
            _columns.AsSpan(from, length).CopyTo(columns.AsSpan(starts[i]));
            _values.AsSpan(from, length).CopyTo(values.AsSpan(starts[i]));
        }

        return new SparseMatrix(starts, columns, values, Width);
    }

    /// <summary>result ← X·x.</summary>
    /// <param name="x"><c>[Width]</c>.</param>
    /// <param name="result"><c>[Rows]</c>.</param>
    public void Multiply(ReadOnlySpan<double> x, Span<double> result)
    {
        for (int row = 0; row < Rows; row++)
        {
            (int from, int to) = (_starts[row], _starts[row + 1]);
            if (to - from == Width)
            {
                result[row] = TensorPrimitives.Dot(_values.AsSpan(from, Width), x);
                continue;
            }

            double sum = 0;
            for (int i = from; i < to; i++)
            {
                sum += _values[i] * x[_columns[i]];
            }

            result[row] = sum;
        }
    }

    /// <summary>result ← Xᵀ·r.</summary>
    /// <param name="r"><c>[Rows]</c>.</param>
    /// <param name="result"><c>[Width]</c>.</param>
    public void MultiplyTransposed(ReadOnlySpan<double> r, Span<double> result)
    {
        result.Clear();
        for (int row = 0; row < Rows; row++)
        {
            double weight = r[row];
            (int from, int to) = (_starts[row], _starts[row + 1]);
            if (to - from == Width)
            {
                TensorPrimitives.MultiplyAdd(_values.AsSpan(from, Width), weight, result, result);
                continue;
            }

            for (int i = from; i < to; i++)
            {
                result[_columns[i]] += weight * _values[i];
            }
        }
    }
}
