using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>The running batch of one method on one thread: its lane through the model, and whose row is whose.</summary>
internal sealed class MethodBatch : IDisposable
{
    private readonly IModelLane _lane;
    private readonly RunningBatch _batch;
    private readonly Dictionary<int, EngineJob> _jobs = [];
    private readonly float[] _output;

    public MethodBatch(IEquilibriumModel model, IFixedPointMethod method, int capacity, TimeProvider clock)
    {
        Method = method;
        _lane = model.OpenLane(capacity);
        _batch = new RunningBatch(_lane.Space, _lane, method, clock);
        _output = new float[model.OutputLength];
    }

    public IFixedPointMethod Method { get; }

    public int Rows => _jobs.Count;

    /// <summary>Gives a job a row. Throws without having changed anything when its input cannot be encoded.</summary>
    public void Join(EngineJob job, ReadOnlySpan<float> input)
    {
        // The encoder may fail, and a row that has joined cannot be taken back: so encode into the row that will be next, then join.
        _batch.Release();
        _lane.Encode(input, _batch.Rows);
        int ticket = _batch.Join(job.Grant, out int row);
        _lane.Start(_batch.IterateSlot, row);
        _jobs.Add(ticket, job);
    }

    /// <summary>Evaluates once for every row, and answers those that are done.</summary>
    public void Step()
    {
        foreach (EngineJob job in _jobs.Values)
        {
            job.Share(_jobs.Count);
        }

        _batch.Step();
        foreach (FinishedRow row in _batch.Finished)
        {
            _jobs.Remove(row.Ticket, out EngineJob? job);
            Finish(job!, row);
        }

        _batch.Release();
    }

    /// <summary>Ends every job of a batch that can go on no more.</summary>
    public void Fail(Exception fault)
    {
        foreach (EngineJob job in _jobs.Values)
        {
            job.Fail(fault);
        }

        _jobs.Clear();
    }

    public void Dispose() => _lane.Dispose();

    private void Finish(EngineJob job, FinishedRow row)
    {
        if (row.Solution.Stop == StopReason.Cancelled && job.IsAbandoned)
        {
            job.Abandon();
            return;
        }

        try
        {
            if (row.Solution.HasFiniteState)
            {
                _lane.Decode(row.Slot, row.Row, _output);
            }

            job.Answer(_output, row.Solution);
        }
        catch (Exception fault)
        {
            job.Fail(fault);
        }
    }
}
