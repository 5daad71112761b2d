using Deq.Runtime.Models;

namespace Deq.Runtime.Scheduling.Layouts;

/// <summary>Evaluates f in a layout: one lane per thread, all at the same time, on an input of zeros.</summary>
/// <param name="modelWith">The model, run with so many intra-op threads.</param>
/// <param name="clock">Measures.</param>
/// <param name="longest">What a measurement may take beyond the time that is asked for.</param>
internal sealed class LayoutMeasurement(Func<int, IEquilibriumModel> modelWith, TimeProvider clock, TimeSpan longest)
{
    /// <summary>As long as the trial of a bundle's graphs may take: of an evaluation that takes longer no deadline can be met.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The mean over threads of each thread's median, in milliseconds; see <see cref="MeasureEvaluation"/>.</summary>
    /// <exception cref="TimeoutException">The layout's threads were not done in time; their runs have been ended.</exception>
    /// <exception cref="AggregateException">The model failed.</exception>
    public double Measure(EngineLayout layout, TimeSpan time)
    {
        IEquilibriumModel model = modelWith(layout.IntraOpThreads);
        double[] medians = new double[layout.Threads];
        var faults = new List<Exception>();
        using var end = new CancellationTokenSource(longest + time);
        using var together = new Barrier(layout.Threads);
        Thread[] threads = [.. Enumerable.Range(0, layout.Threads).Select(place => new Thread(() => Run(place)) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return faults.Count == 0 ? medians.Average()
            : !end.IsCancellationRequested ? throw new AggregateException(faults)
            : throw new TimeoutException(
                $"An evaluation of {layout.RowsPerThread} {(layout.RowsPerThread == 1 ? "row" : "rows")} on each of {layout.Threads} threads did not end within {longest.TotalSeconds:0.###} s.");

        void Run(int place)
        {
            try
            {
                medians[place] = MeasureLane(model, layout.RowsPerThread, time, together, end.Token);
            }
            catch (Exception fault)
            {
                together.RemoveParticipant();
                lock (faults)
                {
                    faults.Add(fault);
                }
            }
        }
    }

    private double MeasureLane(IEquilibriumModel model, int rows, TimeSpan time, Barrier together, CancellationToken end)
    {
        using IModelLane lane = model.OpenLaneUntil(rows, end);
        int z = lane.Space.Allocate(2);
        float[] zeros = new float[model.InputLength];
        for (int row = 0; row < rows; row++)
        {
            lane.Encode(zeros, row);
            lane.Start(z, row);
        }

        // The first evaluation binds memory, and costs more than those that follow.
        lane.Evaluate(z, z + 1, rows);

        // Who does not arrive leaves: a lane whose run was ended frees the others.
        together.SignalAndWait(CancellationToken.None);
        var milliseconds = new List<double>();
        long begun = clock.GetTimestamp();
        do
        {
            long before = clock.GetTimestamp();
            lane.Evaluate(z, z + 1, rows);
            milliseconds.Add(clock.GetElapsedTime(before).TotalMilliseconds);
        }
        while (clock.GetElapsedTime(begun) < time);
        milliseconds.Sort();
        return milliseconds[milliseconds.Count / 2];
    }
}
