namespace Deq.Runtime.FixedPoints;

/// <summary>How far rows are from their fixed points, in the unit in which tolerances are given. Methods know nothing of it.</summary>
public interface IResidual
{
    /// <summary>Judges the pair that was just evaluated, each row by itself. Allocates nothing.</summary>
    /// <param name="z">The slot of the states.</param>
    /// <param name="fz">The slot of what they were mapped to.</param>
    /// <param name="differences">‖f(z) − z‖² per row, measured already.</param>
    /// <param name="magnitudes">‖f(z)‖² per row, measured already.</param>
    /// <param name="residuals">Receives one per row.</param>
    /// <param name="rows">How many rows take part.</param>
    void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows);
}

/// <summary>The residual of one row.</summary>
/// <param name="Value">What is held against the tolerance. NaN or infinite when f(z) or z is not finite.</param>
/// <param name="FlowPixels">Of a flow estimator the mean length of the flow's change, pixels; otherwise NaN.</param>
/// <param name="HiddenChange">Of a flow estimator the relative change of h; otherwise NaN.</param>
public readonly record struct RowResidual(double Value, double FlowPixels, double HiddenChange);

/// <summary>The relative residual ‖f(z) − z‖ / (‖f(z)‖ + ε), dimensionless.</summary>
public sealed class RelativeResidual : IResidual
{
    private RelativeResidual()
    {
    }

    /// <summary>There is only one: it keeps nothing.</summary>
    public static RelativeResidual Instance { get; } = new();

    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            double value = Tolerance.Residual(Math.Sqrt(differences[row]), Math.Sqrt(magnitudes[row]));
            residuals[row] = new RowResidual(value, double.NaN, double.NaN);
        }
    }
}
