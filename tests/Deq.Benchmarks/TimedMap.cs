using System.Diagnostics;
using Deq.Runtime.FixedPoints;

namespace Deq.Benchmarks;

/// <summary>A map that notes the time spent in it and the evaluations asked of it.</summary>
/// <param name="map">f.</param>
internal sealed class TimedMap(IFixedPointMap map) : IFixedPointMap
{
    private long _ticks;

    /// <summary>Time spent evaluating, in milliseconds, since the last <see cref="Reset"/>.</summary>
    public double Milliseconds => _ticks * 1000.0 / Stopwatch.Frequency;

    /// <summary>Evaluations summed over rows since the last <see cref="Reset"/>.</summary>
    public long RowEvaluations { get; private set; }

    /// <summary>Starts counting at zero.</summary>
    public void Reset() => (_ticks, RowEvaluations) = (0, 0);

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        long start = Stopwatch.GetTimestamp();
        map.Evaluate(z, fz, rows);
        _ticks += Stopwatch.GetTimestamp() - start;
        RowEvaluations += rows;
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves) => map.Move(moves);
}
