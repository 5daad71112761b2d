namespace Deq.Runtime.FixedPoints;

/// <summary>Measuring with exact products, among which the norms are.</summary>
internal static class ExactMeasurement
{
    /// <summary><see cref="IStateSpace.Measure"/>, with ‖difference‖² also in a place of its own.</summary>
    public static void MeasureExactly(
        this IStateSpace space,
        int z,
        int fz,
        int difference,
        bool keep,
        ReadOnlySpan<int> others,
        Span<double> products,
        Span<double> squares,
        Span<double> magnitudes,
        int rows)
    {
        space.Measure(z, fz, difference, keep, others, products, magnitudes, rows);
        for (int row = 0; row < rows; row++)
        {
            squares[row] = products[row * (1 + others.Length)];
        }
    }
}
