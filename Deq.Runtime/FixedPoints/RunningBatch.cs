namespace Deq.Runtime.FixedPoints;

/// <summary>The one loop: rows join, every step is one evaluation of f for all rows present, and rows leave when they are done.</summary>
/// <remarks>
/// Counting, budgets, cancellation, recovery from non-finite values and best iterates exist here and nowhere else. Each row has its own
/// history, residual, tolerance, budget and stop reason, and its answer does not depend on its neighbours. Not thread-safe.
/// </remarks>
public sealed partial class RunningBatch
{
    /// <summary>
    /// A row whose residual exceeds the best of its present history by this factor starts its history over. The best of all time would
    /// not do: after one bad step every further step would start over, and the method be Picard iteration until the row has caught up.
    /// </summary>
    private const double GrowthThatRestarts = 10;

    private readonly IStateSpace _space;
    private readonly IFixedPointMap _map;
    private readonly IUpdateRule _rule;
    private readonly IterationHistory _history;
    private readonly TimeProvider _clock;
    private readonly IResidual _residual;
    private readonly RowResidual[] _residuals;
    private readonly BatchRow[] _rows;
    private readonly List<FinishedRow> _finished;
    private readonly RowMove[] _moves;
    private readonly int _best;
    private int _tickets;

    /// <summary>Allocates everything the batch will need; nothing is allocated per step.</summary>
    /// <param name="space">Where the states live; its capacity is the batch's.</param>
    /// <param name="map">f, bound to that space.</param>
    /// <param name="method">How the next iterate is proposed.</param>
    /// <param name="clock">Measures time budgets.</param>
    /// <param name="residual">What is compared with tolerances, bound to that space. Default null: <see cref="RelativeResidual"/>.</param>
    public RunningBatch(IStateSpace space, IFixedPointMap map, IFixedPointMethod method, TimeProvider clock, IResidual? residual = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(clock);
        (_space, _map, _clock, _residual) = (space, map, clock, residual ?? RelativeResidual.Instance);
        _residuals = new RowResidual[space.Capacity];
        _history = new IterationHistory(space, method.Depth, method.Differences);
        _best = space.Allocate(1);
        _anchors = space.Allocate(1);
        (_distances, _lengths) = (new double[space.Capacity], new double[space.Capacity]);
        _rule = method.Begin(space, _history);
        _rows = new BatchRow[space.Capacity];
        for (int row = 0; row < _rows.Length; row++)
        {
            _rows[row] = new BatchRow();
        }

        _finished = new List<FinishedRow>(space.Capacity);
        _moves = new RowMove[space.Capacity];
    }

    /// <summary>How many rows are present, those that the last step finished included until <see cref="Release"/>.</summary>
    public int Rows { get; private set; }

    /// <summary>The most rows.</summary>
    public int Capacity => _rows.Length;

    /// <summary>The slot of z: write a joining row's start there before the next step. A step may change which slot it is.</summary>
    public int IterateSlot => _history.Iterate;

    /// <summary>The slot of f(z) − z at the newest z, finished rows included, for methods that need its <see cref="DifferenceUse.Numbers"/>.</summary>
    public int DifferenceSlot => _history.Difference(0);

    /// <summary>What the last step finished; their states stay where they say until the next <see cref="Release"/>, join or step.</summary>
    public IReadOnlyList<FinishedRow> Finished => _finished;

    /// <summary>Evaluations of f made for rows so far, summed over rows.</summary>
    public long RowEvaluations { get; private set; }

    /// <summary>
    /// Adds a row. The caller then writes its z₀ into <see cref="IterateSlot"/> and its injection into the map, at <paramref name="row"/>.
    /// </summary>
    /// <param name="grant">What the row may spend.</param>
    /// <param name="row">Where it is, until the next <see cref="Release"/>, join or step.</param>
    /// <returns>A ticket that names the row from now on.</returns>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public int Join(RowGrant grant, out int row)
    {
        ArgumentNullException.ThrowIfNull(grant);
        Release();
        if (Rows == Capacity)
        {
            throw new InvalidOperationException($"The batch is full: it holds {Capacity} rows.");
        }

        row = Rows++;
        _rows[row].Begin(_tickets, grant, grant.AcceptedAt ?? _clock.GetTimestamp());
        Forget(row);
        return _tickets++;
    }

    /// <summary>Evaluates f once for every row present, after moving each on by the method, and finds out who is done.</summary>
    public void Step()
    {
        Release();
        if (Rows == 0)
        {
            return;
        }

        if (_history.HasPairs)
        {
            _rule.Propose(Rows);
        }

        KeepBestBeforeOverwrite();
        int mapped = _history.NextMapped;
        _map.Evaluate(_history.Iterate, mapped, Rows);
        RowEvaluations += Rows;
        _history.Advance(Rows);
        Measure(mapped);
        WatchForCycles(mapped);
        long now = _clock.GetTimestamp();
        for (int row = 0; row < Rows; row++)
        {
            Judge(row, mapped, now);
        }
    }

    /// <summary>Where a row stands.</summary>
    /// <param name="row">In [0, <see cref="Rows"/>); it names another row after the next <see cref="Release"/>, join or step.</param>
    public RowStanding Standing(int row)
    {
        BatchRow state = _rows[row];
        return new RowStanding(state.Ticket, state.Evaluations, state.BestResidual, state.BestSlot, state.IsDone, state.Newest) { Restarts = state.Restarts };
    }

    /// <summary>Ends a row between two steps for a reason that the loop does not know. It is then among <see cref="Finished"/>.</summary>
    /// <param name="row">A row in [0, <see cref="Rows"/>) that is not done.</param>
    /// <param name="reason">Why.</param>
    public void Finish(int row, StopReason reason)
    {
        BatchRow state = _rows[row];
        state.End();
        _finished.Add(new FinishedRow(state.Ticket, state.Solution(reason, _residual.Parts), state.BestSlot >= 0 ? state.BestSlot : _history.Iterate, row));
    }

    /// <summary>The steps behind the method's estimate of a row's (I − J)⁻¹; see <see cref="IUpdateRule.InverseSteps"/>.</summary>
    /// <param name="row">A row present, finished or not.</param>
    /// <param name="slots">Receives the slots of the steps, oldest first.</param>
    /// <param name="gram">Receives their inner products, <c>[steps, steps]</c>.</param>
    /// <param name="products">Receives their inner products with the newest f(z) − z.</param>
    /// <returns>How many; 0 where the method estimates no inverse.</returns>
    public int InverseSteps(int row, Span<int> slots, Span<double> gram, Span<double> products) =>
        _rule.InverseSteps(row, slots, gram, products);

    /// <summary>Removes the finished rows and closes the gaps they leave.</summary>
    public void Release()
    {
        if (_finished.Count == 0)
        {
            return;
        }

        int remaining = Rows - _finished.Count;
        int moves = 0;
        int from = remaining;
        for (int to = 0; to < remaining; to++)
        {
            if (!_rows[to].IsDone)
            {
                continue;
            }

            while (_rows[from].IsDone)
            {
                from++;
            }

            (_rows[to], _rows[from]) = (_rows[from], _rows[to]);
            _moves[moves++] = new RowMove(from++, to);
        }

        Rows = remaining;
        _finished.Clear();
        Move(_moves.AsSpan(0, moves));
    }

    private void Move(ReadOnlySpan<RowMove> moves)
    {
        if (moves.Length == 0)
        {
            return;
        }

        _space.Move(moves);
        _map.Move(moves);
        _rule.Move(moves);
        _history.Move(moves);
    }

    /// <summary>A best iterate still in the ring is copied only when its slot is about to be reused.</summary>
    private void KeepBestBeforeOverwrite()
    {
        int mapped = _history.NextMapped;
        for (int row = 0; row < Rows; row++)
        {
            if (_rows[row].BestSlot == mapped)
            {
                _space.CopyRow(mapped, _best, row);
                _rows[row].BestSlot = _best;
            }
        }
    }

    private void Measure(int mapped)
    {
        _history.Measure(_rule.ProductSlots(Rows), Rows);
        _residual.Measure(_history.Iterate, mapped, _history.DifferenceSquares, _history.MappedSquares, _residuals, Rows);
        for (int row = 0; row < Rows; row++)
        {
            _rows[row].Observe(_residuals[row], mapped);
        }
    }

    private void Judge(int row, int mapped, long now)
    {
        BatchRow state = _rows[row];
        if (state.Stops(_clock, now) is { } reason)
        {
            state.End();
            _finished.Add(new FinishedRow(state.Ticket, state.Solution(reason, _residual.Parts), state.BestSlot >= 0 ? state.BestSlot : mapped, row));
        }
        else if (!state.IsFinite && state.BestSlot >= 0)
        {
            if (state.BestSlot != _history.Iterate)
            {
                _space.CopyRow(state.BestSlot, _history.Iterate, row);
            }

            state.HasRecovered = true;
            state.BeginHistory();
            Forget(row);
        }
        else if (state.Residual > GrowthThatRestarts * state.BestResidualOfHistory)
        {
            state.BeginHistory();
            _history.KeepNewest(row);
            _rule.Forget(row);
        }
    }
}
