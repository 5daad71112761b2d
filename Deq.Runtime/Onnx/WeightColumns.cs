namespace Deq.Runtime.Onnx;

/// <summary>Which vectors of a combination take part in any row: those that do not need no pass on the device.</summary>
internal static class WeightColumns
{
    /// <summary>Finds the columns with a weight other than 0.</summary>
    /// <param name="weights"><c>[rows, count]</c>.</param>
    /// <param name="count">How many vectors there are.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="columns">Receives the columns, in order; as long as <paramref name="count"/>.</param>
    /// <param name="hasZeros">Whether a column found is 0 in some row.</param>
    /// <param name="areOnes">Whether every weight found is 1.</param>
    /// <returns>How many columns.</returns>
    public static int FindUsed(
        ReadOnlySpan<double> weights, int count, int rows, Span<int> columns, out bool hasZeros, out bool areOnes)
    {
        int used = 0;
        (hasZeros, areOnes) = (false, true);
        for (int column = 0; column < count; column++)
        {
            int zeros = 0;
            bool isOne = true;
            for (int row = 0; row < rows; row++)
            {
                double weight = weights[(row * count) + column];
                zeros += weight == 0 ? 1 : 0;
                isOne &= weight == 1;
            }

            if (zeros == rows)
            {
                continue;
            }

            columns[used++] = column;
            hasZeros |= zeros > 0;
            areOnes &= isOne;
        }

        return used;
    }

    /// <summary>Picks the columns that were found, in single precision.</summary>
    /// <param name="weights"><c>[rows, count]</c>.</param>
    /// <param name="count">How many vectors there are.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="gathered">Receives <c>[rows, columns.Length]</c>.</param>
    public static void Gather(ReadOnlySpan<double> weights, int count, ReadOnlySpan<int> columns, Span<float> gathered)
    {
        for (int i = 0; i < gathered.Length; i++)
        {
            gathered[i] = (float)weights[(i / columns.Length * count) + columns[i % columns.Length]];
        }
    }
}
