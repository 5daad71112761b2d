using System.Diagnostics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Benchmarks.Flow;

/// <summary>A model whose lanes note the time spent in its graphs, so that an engine around it can be measured by what is left.</summary>
/// <param name="model">Stays the caller's.</param>
/// <param name="spent">Receives the time.</param>
internal sealed class TimedModel(IEquilibriumModel model, GraphTimes spent) : IEquilibriumModel
{
    public int InputLength => model.InputLength;

    public int StateWidth => model.StateWidth;

    public int OutputLength => model.OutputLength;

    public IEquilibriumModel At(ShapeKey shape) => new TimedModel(model.At(shape), spent);

    public double CostOf(ShapeKey shape) => model.CostOf(shape);

    public IModelLane OpenLane(int capacity) => new TimedLane(model.OpenLane(capacity), spent);

    /// <summary>Counts the copies into and out of the graphs' memory as time in them: they are a few megabytes per frame.</summary>
    private sealed class TimedLane(IModelLane lane, GraphTimes spent) : IModelLane
    {
        public IStateSpace Space => lane.Space;

        public IResidual Residual => lane.Residual;

        public void Evaluate(int z, int fz, int rows)
        {
            long start = Stopwatch.GetTimestamp();
            lane.Evaluate(z, fz, rows);
            spent.Evaluations.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);

        public void Encode(ReadOnlySpan<float> input, int row)
        {
            long start = Stopwatch.GetTimestamp();
            lane.Encode(input, row);
            spent.Encodings.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        public void Start(int slot, int row) => lane.Start(slot, row);

        public void Start(int slot, int row, ReadOnlySpan<float> state) => lane.Start(slot, row, state);

        public void Read(int slot, int row, Span<float> state) => lane.Read(slot, row, state);

        public void Decode(int slot, int row, Span<float> output)
        {
            long start = Stopwatch.GetTimestamp();
            lane.Decode(slot, row, output);
            spent.Decodings.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        public void Dispose() => lane.Dispose();
    }
}

/// <summary>Milliseconds of each call of a graph. Written by the one engine thread, read between requests.</summary>
internal sealed class GraphTimes
{
    public List<double> Encodings { get; } = [];

    public List<double> Evaluations { get; } = [];

    public List<double> Decodings { get; } = [];

    /// <summary>All of it since the last <see cref="Clear"/>.</summary>
    public double Sum => Encodings.Sum() + Evaluations.Sum() + Decodings.Sum();

    public void Clear()
    {
        Encodings.Clear();
        Evaluations.Clear();
        Decodings.Clear();
    }
}
