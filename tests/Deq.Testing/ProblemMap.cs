using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Testing;

/// <summary>A problem as a map over rows of host memory that notes what it was asked.</summary>
/// <param name="space">Where the states live.</param>
/// <param name="problem">f.</param>
public sealed class ProblemMap(HostStateSpace space, NamedProblem problem) : IFixedPointMap
{
    private readonly PlacedRow?[] _rows = new PlacedRow?[space.Capacity];

    /// <summary>Binds a row of the space to an injection.</summary>
    /// <returns>What the map will note of that row, wherever it moves.</returns>
    public PlacedRow Place(int row, float[] injection) => _rows[row] = new PlacedRow(injection);

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            PlacedRow placed = _rows[row]!;
            problem.Evaluate(placed, space.Row(z, row), space.Row(fz, row));
            placed.Note(space.Row(z, row), space.Row(fz, row));
        }
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            _rows[move.To] = _rows[move.From];
        }
    }

    /// <summary>‖f(z) − z‖ / (‖f(z)‖ + ε), summed in double.</summary>
    public static double Residual(ReadOnlySpan<float> z, ReadOnlySpan<float> fz)
    {
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < z.Length; i++)
        {
            difference += (fz[i] - (double)z[i]) * (fz[i] - (double)z[i]);
            magnitude += (double)fz[i] * fz[i];
        }

        return Math.Sqrt(difference) / (Math.Sqrt(magnitude) + Tolerance.Epsilon);
    }
}
