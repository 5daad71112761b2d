using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>One dedicated thread: takes jobs up, evaluates its rows, answers those that are done, until the queue is closed and empty.</summary>
internal sealed class EngineThread
{
    private readonly IEquilibriumModel _model;
    private readonly JobQueue _queue;
    private readonly TimeProvider _clock;
    private readonly int _capacity;
    private readonly float[] _input;
    private readonly List<MethodBatch> _batches = [];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _rows;

    public EngineThread(string name, IEquilibriumModel model, JobQueue queue, int capacity, TimeProvider clock)
    {
        (_model, _queue, _capacity, _clock) = (model, queue, capacity, clock);
        _input = new float[model.InputLength];
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Rows being solved, the one being prepared included.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Ends with the thread.</summary>
    public Task Ended => _ended.Task;

    public void Start() => _thread.Start();

    private void Run()
    {
        while (TakeUpJobs())
        {
            for (int i = _batches.Count - 1; i >= 0; i--)
            {
                Step(_batches[i]);
            }
        }

        _batches.ForEach(batch => batch.Dispose());
        _ended.SetResult();
    }

    /// <summary>Fills the free rows; without any row it waits. False when there is nothing left to do.</summary>
    private bool TakeUpJobs()
    {
        while (_rows < _capacity)
        {
            EngineJob? job = _rows == 0 ? _queue.Wait() : _queue.TakeSpare();
            if (job is null)
            {
                break;
            }

            TakeUp(job);
        }

        return _rows > 0;
    }

    private void TakeUp(EngineJob job)
    {
        job.TakeUp();
        if (job.IsAbandoned)
        {
            job.Abandon();
            return;
        }

        Volatile.Write(ref _rows, _rows + 1);
        try
        {
            job.WriteInput(_input);
            BatchOf(job.Method).Join(job, _input);
        }
        catch (Exception fault)
        {
            Volatile.Write(ref _rows, _rows - 1);
            job.Fail(fault);
        }
    }

    private void Step(MethodBatch batch)
    {
        int before = batch.Rows;
        try
        {
            batch.Step();
        }
        catch (Exception fault)
        {
            // Whatever the map left behind is not to be trusted: its rows fail, and the next job opens a fresh lane.
            batch.Fail(fault);
            _batches.Remove(batch);
            batch.Dispose();
        }

        Volatile.Write(ref _rows, _rows - before + batch.Rows);
    }

    private MethodBatch BatchOf(IFixedPointMethod method)
    {
        MethodBatch? batch = _batches.Find(candidate => candidate.Method.Equals(method));
        if (batch is null)
        {
            batch = new MethodBatch(_model, method, _capacity, _clock);
            _batches.Add(batch);
        }

        return batch;
    }
}
