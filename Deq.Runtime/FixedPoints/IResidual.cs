namespace Deq.Runtime.FixedPoints;

/// <summary>How far rows are from their fixed points, in the unit in which tolerances are given. Methods know nothing of it.</summary>
public interface IResidual
{
    /// <summary>What <see cref="RowResidual.First"/> and <see cref="RowResidual.Second"/> are called, in camelCase; empty where the value has no parts.</summary>
    IReadOnlyList<string> Parts => [];

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
/// <param name="Value">What is compared with the tolerance. NaN or infinite when f(z) or z is not finite.</param>
/// <param name="First">How far the evaluation moved the answer: the first part, or the value where there are none.</param>
/// <param name="Second">How far it changed the rest of the state: the second part, or the value where there are none.</param>
public readonly record struct RowResidual(double Value, double First, double Second);

/// <summary>The relative residual ‖f(z) − z‖ / (‖f(z)‖ + ε), dimensionless.</summary>
public sealed class RelativeResidual : IResidual
{
    private readonly double _least;

    private RelativeResidual(double least) => _least = least;

    /// <summary>With an ε that never decides convergence.</summary>
    public static RelativeResidual Instance { get; } = new(Tolerance.Epsilon);

    /// <summary>The residual that is at most a tolerance t where ‖f(z) − z‖ ≤ t·‖f(z)‖ + a: of relative and absolute tolerance together.</summary>
    /// <param name="tolerance">t, above 0.</param>
    /// <param name="absolute">a, in the state's own unit; 0 gives the relative one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static RelativeResidual With(double tolerance, double absolute)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        ArgumentOutOfRangeException.ThrowIfNegative(absolute);
        return absolute == 0 ? Instance : new RelativeResidual((absolute / tolerance) + Tolerance.Epsilon);
    }

    /// <inheritdoc/>
    public void Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            double value = Tolerance.Residual(Math.Sqrt(differences[row]), Math.Sqrt(magnitudes[row]), _least);
            residuals[row] = new RowResidual(value, value, value);
        }
    }
}
