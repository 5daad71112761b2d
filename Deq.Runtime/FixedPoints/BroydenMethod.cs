namespace Deq.Runtime.FixedPoints;

/// <summary>Broyden's good method with limited memory and restart, each row on its own; no line search.</summary>
/// <remarks>
/// <para>
/// Solves g(z) = f(z) − z = 0 from the initial inverse −I, so that its first step is a Picard step. The inverse is the product of rank-one
/// updates Π (I + s_(j+1)·s_jᵀ/‖s_j‖²)·(−I) over the steps s_j, so the steps are all that is kept: one vector per evaluation. The
/// recursion runs on the host, on inner products; the state is touched by one pass of products and one combination.
/// </para>
/// <para>Source: Kelley, "Iterative methods for linear and nonlinear equations", SIAM 1995, section 7.3 (algorithm brsol).</para>
/// </remarks>
public sealed record BroydenMethod : IFixedPointMethod
{
    private readonly int _rank = 10;

    /// <summary>How many steps are kept before the row starts over from a Picard step, 1 to 64. Memory is Rank + 1 vectors. Default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in [1, 64].</exception>
    public int Rank
    {
        get => _rank;
        init => _rank = value is >= 1 and <= 64
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Rank lies in [1, 64].");
    }

    /// <inheritdoc/>
    public string Name => "broyden";

    /// <inheritdoc/>
    public int Depth => 1;

    /// <inheritdoc/>
    public IUpdateRule Begin(IStateSpace space, IterationHistory history) => new BroydenRule(Rank, space, history);
}

/// <summary>One run of Broyden's good method: steps, and their Gram matrix, per row.</summary>
internal sealed class BroydenRule : IUpdateRule
{
    /// <summary>A denominator below this makes the next step more than thirty times longer; the row starts over instead.</summary>
    private const double SmallestDenominator = 0.03;

    /// <summary>
    /// As above for a row that has just started over. Far smaller, because on a slow problem (an eigenvalue near 1) a row that started
    /// over again at every long step would be a Picard iteration for ever.
    /// </summary>
    private const double SmallestFirstDenominator = 1e-3;

    private readonly IStateSpace _space;
    private readonly IterationHistory _history;
    private readonly int _ring;
    private readonly int _firstStep;
    private readonly int[] _kept;
    private readonly int[] _slots;
    private readonly int[] _others;
    private readonly double[] _gram;
    private readonly double[] _products;
    private readonly double[] _weights;
    private readonly double[] _coefficients;
    private long _steps;

    public BroydenRule(int rank, IStateSpace space, IterationHistory history)
    {
        (_space, _history, _ring) = (space, history, rank + 1);
        _firstStep = space.Allocate(_ring);
        _kept = new int[space.Capacity];
        _slots = new int[_ring + 1];
        _others = new int[_ring];
        history.ReserveProducts(rank);
        _gram = new double[space.Capacity * _ring * _ring];
        _products = new double[space.Capacity * _ring];
        _weights = new double[space.Capacity * (_ring + 1)];
        _coefficients = new double[_ring + 1];
    }

    public ReadOnlySpan<int> Companions(int rows)
    {
        int most = MostKept(rows);
        ListSteps(most, _slots);
        return _slots.AsSpan(0, most);
    }

    public void Propose(int rows)
    {
        int oldest = MostKept(rows);
        int width = oldest + 1;
        _slots[0] = _history.Difference(0);
        ListSteps(oldest, _slots.AsSpan(1));
        for (int row = 0; row < rows; row++)
        {
            Weigh(row, _weights.AsSpan(row * width, width));

            // A row of age 0 takes no step and keeps its z.
            _kept[row] += _history.Age(row) > 0 ? 1 : 0;
        }

        // The newest step goes where the oldest was: nobody keeps more than the rank, one less than the ring.
        _steps++;
        int kept = Math.Max(1, MostKept(rows));
        ListSteps(kept, _others);
        _space.Step(
            _slots.AsSpan(0, width),
            _weights.AsSpan(0, rows * width),
            Slot(0),
            _history.Iterate,
            _others.AsSpan(0, kept),
            _products.AsSpan(0, rows * kept),
            rows);
        ExtendGram(kept, rows);
    }

    public void Forget(int row) => _kept[row] = 0;

    public int InverseSteps(int row, Span<int> slots, Span<double> gram, Span<double> products)
    {
        int kept = _kept[row];
        for (int i = 0; i < kept; i++)
        {
            int ago = kept - 1 - i;
            (slots[i], products[i]) = (Slot(ago), _history.Product(row, ago));
            for (int j = 0; j < kept; j++)
            {
                gram[(i * kept) + j] = Gram(row, ago, kept - 1 - j);
            }
        }

        return kept;
    }

    public void Move(ReadOnlySpan<RowMove> moves)
    {
        int size = _ring * _ring;
        foreach (RowMove move in moves)
        {
            _kept[move.To] = _kept[move.From];
            _gram.AsSpan(move.From * size, size).CopyTo(_gram.AsSpan(move.To * size, size));
        }
    }

    private int Position(int ago) => (int)((_steps - 1 - ago + _ring) % _ring);

    private int Slot(int ago) => _firstStep + Position(ago);

    private void ListSteps(int count, Span<int> slots)
    {
        for (int ago = 0; ago < count; ago++)
        {
            slots[ago] = Slot(ago);
        }
    }

    private int MostKept(int rows)
    {
        int most = 0;
        for (int row = 0; row < rows; row++)
        {
            most = Math.Max(most, _kept[row]);
        }

        return most;
    }

    /// <summary>The next step as weights on g and on the kept steps (newest first); decides whether the row starts over.</summary>
    private void Weigh(int row, Span<double> weights)
    {
        weights.Clear();
        if (_history.Age(row) == 0)
        {
            return;
        }

        weights[0] = 1;
        int kept = _kept[row];
        if (kept == 0)
        {
            return;
        }

        double denominator = Recurse(row, kept, _coefficients);
        double smallest = kept == 1 ? SmallestFirstDenominator : SmallestDenominator;
        if (kept == _ring - 1 || !(Math.Abs(denominator) > smallest))
        {
            _kept[row] = 0;
            return;
        }

        weights[0] = 1 / denominator;
        for (int ago = 0; ago < kept - 1; ago++)
        {
            weights[1 + ago] = _coefficients[ago + 1] / denominator;
        }
    }

    /// <summary>
    /// From oldest to newest step, c_j = ⟨s_j, y_j⟩/‖s_j‖² with y_(j+1) = y_j + c_j·s_(j+1) and y = g at first. Returns 1 − c of the
    /// newest, which divides the next step.
    /// </summary>
    private double Recurse(int row, int kept, Span<double> coefficients)
    {
        for (int ago = kept - 1; ago >= 0; ago--)
        {
            double product = _history.Product(row, ago);
            for (int older = kept - 1; older > ago; older--)
            {
                product += coefficients[older] * Gram(row, ago, older - 1);
            }

            coefficients[ago] = product / Gram(row, ago, ago);
        }

        return 1 - coefficients[0];
    }

    /// <summary>Adds the products of the newest step with the kept ones to every row's Gram matrix.</summary>
    private void ExtendGram(int kept, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int ago = 0; ago < _kept[row]; ago++)
            {
                Gram(row, 0, ago) = Gram(row, ago, 0) = _products[(row * kept) + ago];
            }
        }
    }

    private ref double Gram(int row, int ago, int otherAgo) =>
        ref _gram[(((row * _ring) + Position(ago)) * _ring) + Position(otherAgo)];
}
