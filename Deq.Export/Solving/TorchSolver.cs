using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>Solves z = f(z, x) for mini-batches of tensors with the one loop; buffers are allocated once and reused.</summary>
internal sealed class TorchSolver : IDisposable
{
    private readonly TorchStateSpace _space;
    private readonly TorchMap _map;
    private readonly RunningBatch _batch;
    private readonly IInverseKeeper? _inverse;
    private readonly NewestEvaluation? _newest;

    /// <summary>Allocates for at most <paramref name="capacity"/> rows.</summary>
    /// <param name="capacity">The most rows of a mini-batch.</param>
    /// <param name="width">D, numbers per state.</param>
    /// <param name="method">How the next iterate is proposed.</param>
    /// <param name="evaluate">f: receives z <c>[rows, D]</c> and the first rows of the side inputs; returns <c>[rows, D]</c>.</param>
    /// <param name="type">Precision of the states. Default single.</param>
    /// <param name="device">Where the states live. Default the processor.</param>
    /// <param name="inverseSteps">How many of the method's steps to keep per row as an estimate of (I − J)⁻¹. Default 0, no estimate.</param>
    public TorchSolver(
        int capacity,
        int width,
        IFixedPointMethod method,
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> evaluate,
        ScalarType type = ScalarType.Float32,
        Device? device = null,
        int inverseSteps = 0)
    {
        _space = new TorchStateSpace(capacity, width, type, device);
        _map = new TorchMap(_space, evaluate);
        _batch = new RunningBatch(_space, _map, method, TimeProvider.System);
        _inverse = inverseSteps > 0 ? new KeptInverse(capacity, width, inverseSteps, type, device) : null;
    }

    /// <summary>Allocates for a solve by the adjoint Broyden method, whose estimate of (I − J)⁻¹ is kept.</summary>
    /// <param name="capacity">The most rows of a mini-batch.</param>
    /// <param name="width">D, numbers per state.</param>
    /// <param name="method">How many updates are kept, and the outer updates.</param>
    /// <param name="evaluate">f, differentiable: receives z <c>[rows, D]</c> and the first rows of the side inputs; returns <c>[rows, D]</c>.</param>
    /// <param name="type">Precision of the states. Default single.</param>
    /// <param name="device">Where the states live. Default the processor.</param>
    /// <exception cref="ArgumentException">Outer updates without an outer gradient.</exception>
    public TorchSolver(
        int capacity,
        int width,
        AdjointBroyden method,
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> evaluate,
        ScalarType type = ScalarType.Float32,
        Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method is { OuterEvery: > 0, OuterGradient: null })
        {
            throw new ArgumentException("Outer updates need the outer gradient.", nameof(method));
        }

        _space = new TorchStateSpace(capacity, width, type, device);
        _newest = new NewestEvaluation();
        _map = new TorchMap(_space, evaluate) { Newest = _newest };
        var inverse = new RankOneSums(capacity, width, method.Pairs, type, device);
        _inverse = inverse;
        _batch = new RunningBatch(_space, _map, new AdjointBroydenMethod(method, _space, _newest, inverse), TimeProvider.System);
    }

    /// <summary>Evaluations of f made so far, summed over rows.</summary>
    public long RowEvaluations => _map.RowEvaluations;

    /// <summary>Vector–Jacobian products made so far, summed over rows; 0 of methods that ask for none.</summary>
    public long RowProducts => _newest?.RowProducts ?? 0;

    /// <summary>Solves for all rows of <paramref name="start"/>.</summary>
    /// <param name="start">z₀, <c>[B, D]</c> with B at most the capacity: zeros, or a warm start.</param>
    /// <param name="grant">What each row may spend.</param>
    /// <param name="sideInputs">Per-row tensors of f, <c>[B, …]</c>, such as the injection x.</param>
    /// <returns>The best iterates <c>[B, D]</c>, without gradient, owned by the caller's dispose scope; and how each row ended.</returns>
    /// <exception cref="ArgumentException">More rows than the capacity, or states of another width.</exception>
    public TorchSolution Solve(Tensor start, RowGrant grant, params ReadOnlySpan<Tensor> sideInputs)
    {
        ArgumentNullException.ThrowIfNull(start);
        int rows = (int)start.shape[0];
        if (rows > _space.Capacity || start.shape[1] != _space.Width)
        {
            throw new ArgumentException(
                $"Start is [{rows}, {start.shape[1]}]; the solver holds [{_space.Capacity}, {_space.Width}].", nameof(start));
        }

        using IDisposable detached = no_grad();
        Tensor state = empty_like(start);
        var solutions = new RowSolution[rows];
        long before = RowProducts;
        using (NewDisposeScope())
        {
            _map.SetSideInputs(sideInputs);
            _inverse?.Begin();
            int first = Join(start, grant, rows);
            FixedPoint.RunInGroups(_batch, group =>
            {
                foreach (FinishedRow done in group)
                {
                    solutions[done.Ticket - first] = done.Solution;
                }

                foreach (IGrouping<int, FinishedRow> slot in group.GroupBy(done => done.Slot))
                {
                    _space.CopyRows(slot.Key, [.. slot.Select(done => new RowMove(done.Row, done.Ticket - first))], state);
                }

                _inverse?.Take(_batch, _space, [.. group.Select(done => new RowMove(done.Row, done.Ticket - first))]);
            });
        }

        _inverse?.Complete(rows);
        return new TorchSolution(start, state, solutions) { Inverse = _inverse, MeanProducts = (RowProducts - before) / (double)rows };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _map.Dispose();
        _space.Dispose();
        _inverse?.Dispose();
        _newest?.Dispose();
    }

    private int Join(Tensor start, RowGrant grant, int rows)
    {
        int first = _batch.Join(grant, out _);
        for (int row = 1; row < rows; row++)
        {
            _batch.Join(grant, out _);
        }

        _space.Rows(_batch.IterateSlot, rows).copy_(start);
        return first;
    }
}

/// <summary>The result of a solve on tensors.</summary>
/// <param name="Start">z₀, <c>[B, D]</c>.</param>
/// <param name="State">z, <c>[B, D]</c>.</param>
/// <param name="Rows">How each row ended, in the order of the start.</param>
internal sealed record TorchSolution(Tensor Start, Tensor State, IReadOnlyList<RowSolution> Rows)
{
    /// <summary>The rows together.</summary>
    public RowStatistics Statistics => RowStatistics.Of(Rows);

    /// <summary>The estimate of (I − J)⁻¹ that the solver was asked to keep, until its next solve; null for none.</summary>
    public IRowInverse? Inverse { get; init; }

    /// <summary>Vector–Jacobian products that the solve made, mean per row.</summary>
    public double MeanProducts { get; init; }

    /// <summary>A state that no solver has found: known beforehand, or the start itself.</summary>
    public static TorchSolution Given(Tensor state) => new(state, state, []);
}
