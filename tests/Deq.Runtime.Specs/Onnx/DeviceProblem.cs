using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.Onnx;

/// <summary>A named problem whose states live on a device and visit the host to be evaluated.</summary>
internal sealed class DeviceProblem : IFixedPointMap, IDisposable
{
    private readonly OnnxDevice _device;
    private readonly HostStateSpace _visit;
    private readonly ProblemMap _map;
    private readonly NamedProblem _problem;
    private readonly Dictionary<int, int> _seeds = [];

    public DeviceProblem(string device, int capacity, NamedProblem problem, IFixedPointMethod method)
    {
        _problem = problem;
        _device = new OnnxDevice(new ExecutionOptions { Device = device });
        Space = new OnnxStateSpace(_device, capacity, problem.Width);
        _visit = new HostStateSpace(capacity, problem.Width);
        _visit.Allocate(2);
        _map = new ProblemMap(_visit, problem);
        Batch = new RunningBatch(Space, this, method, TimeProvider.System);
    }

    public OnnxStateSpace Space { get; }

    public RunningBatch Batch { get; }

    /// <summary>What ended, by seed.</summary>
    public Dictionary<int, (RowSolution Solution, float[] State)> Answers { get; } = [];

    /// <summary>Solves for some injections from zeros, all together.</summary>
    public static Dictionary<int, (RowSolution Solution, float[] State)> Solve(
        string device, NamedProblem problem, IFixedPointMethod method, RowGrant grant, params int[] seeds)
    {
        using var solved = new DeviceProblem(device, seeds.Length, problem, method);
        Array.ForEach(seeds, seed => solved.Join(seed, grant));
        FixedPoint.Run(solved.Batch, solved.Note);
        return solved.Answers;
    }

    public void Join(int seed, RowGrant grant)
    {
        _seeds.Add(Batch.Join(grant, out int row), seed);
        Space.Clear(Batch.IterateSlot, row, 1);
        _map.Place(row, _problem.Injection(seed));
    }

    public void Note(FinishedRow done)
    {
        float[] state = new float[Space.Width];
        Space.Read(done.Slot, done.Row, state);
        Answers.Add(_seeds[done.Ticket], (done.Solution, state));
    }

    public void Evaluate(int z, int fz, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            Space.Read(z, row, _visit.Row(0, row));
        }

        _map.Evaluate(0, 1, rows);
        for (int row = 0; row < rows; row++)
        {
            Space.Write(fz, row, _visit.Row(1, row));
        }
    }

    public void Move(ReadOnlySpan<RowMove> moves) => _map.Move(moves);

    public void Dispose()
    {
        Space.Dispose();
        _device.Dispose();
    }
}
