namespace Deq.Runtime.FixedPoints;

/// <summary>Anderson acceleration of type II, each row on its own.</summary>
/// <remarks>
/// <para>
/// With g_i = f(z_i) − z_i over the last m iterates, finds weights α, Σα_i = 1, that minimise ‖Σ α_i g_i‖², and steps to
/// z_(k+1) = Σ α_i (z_i + β·g_i). The least-squares problem is solved over the changes g_i − g_(i+1), each scaled to length 1, so ridge
/// and condition check mean the same at every scale of z and at every stage of a solve.
/// </para>
/// <para>
/// A row that is not done after thirty accelerated steps goes on with two plain steps to every accelerated one. On a slow, nearly linear
/// problem, accelerated steps in a row leave pairs that differ in little but the slowest direction; plain steps between them fill the same few
/// pairs with powers of f, which is worth more than a longer history: of spectral radius 0.95 and width 256 to 1e-6, 49 evaluations instead of 76.
/// A plain step is taken only from the nearest iterate so far, so that f may expand elsewhere.
/// Source: Pratapa, Suryanarayana and Pask, "Anderson acceleration of the Jacobi iterative method", J. Comput. Phys. 306, 2016.
/// </para>
/// <para>A row whose acceleration keeps failing falls back to damped Picard iteration for a while, see <see cref="AccelerationFailures"/>.</para>
/// <para>
/// The weights of long rows come from estimates of the inner products, over a part of each row, where the space can, and never the residuals.
/// Source: Lupo Pasini and Laiu, "Anderson acceleration with approximate calculations: applications to scientific computing", arXiv:2206.03915.
/// </para>
/// <para>States are single precision on their device; the m × m systems are solved on the host in double.</para>
/// <para>Source: Walker and Ni, "Anderson acceleration for fixed-point iterations", SIAM J. Numer. Anal. 49(4), 2011.</para>
/// </remarks>
public sealed record AndersonAcceleration : IFixedPointMethod
{
    /// <summary>
    /// Accelerated steps before plain ones come in between. Fewer save more on linear problems, and cost an evaluation in thirty on the shipped
    /// model, whose solves are over by then.
    /// </summary>
    private const int StepsThatAllAccelerate = 30;

    /// <summary>Plain steps from then on to every accelerated one. One saves half as much, three hardly more.</summary>
    private const int PlainSteps = 2;

    /// <summary>
    /// How many times ‖g‖² its estimate may be, and it the estimate, for products estimated from the same numbers to be trusted. Otherwise the
    /// step is plain.
    /// </summary>
    private const double LargestMisrepresentation = 4;

    private readonly int _depth = 5;
    private readonly double _mixing = 1;
    private readonly double _ridge = 1e-9;

    /// <summary>m, how many iterates to combine, 1 to 32. Memory is 2·m·D numbers per row. Default 5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in [1, 32].</exception>
    public int Depth
    {
        get => _depth;
        init => _depth = value is >= 1 and <= 32
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Depth lies in [1, 32].");
    }

    /// <summary>β in (0, 1], dimensionless. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in (0, 1].</exception>
    public double Mixing
    {
        get => _mixing;
        init => _mixing = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Mixing lies in (0, 1].");
    }

    /// <summary>λ, added to the unit diagonal of the scaled system, at least 0 and below 1. Default 1e-9.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in [0, 1).</exception>
    public double Ridge
    {
        get => _ridge;
        init => _ridge = value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Ridge lies in [0, 1).");
    }

    /// <summary>
    /// Whether the inner products of long rows may be estimated from a part of them where the space can, see
    /// <see cref="IStateSpace.MeasureSampled"/>; never with a <see cref="Mixing"/> below 1. Residuals are exact either way. Default true.
    /// </summary>
    public bool SamplesLongRows { get; init; } = true;

    /// <inheritdoc/>
    public string Name => "anderson";

    /// <inheritdoc/>
    public DifferenceUse Differences => SamplesLongRows && Mixing == 1 ? DifferenceUse.Products : DifferenceUse.Numbers;

    /// <inheritdoc/>
    public IUpdateRule Begin(IStateSpace space, IterationHistory history)
    {
        history.ReserveProducts(Depth - 1);
        return new Rule(this, space, history);
    }

    private sealed class Rule(AndersonAcceleration method, IStateSpace space, IterationHistory history) : IUpdateRule
    {
        private readonly int _m = method.Depth;
        private readonly AndersonWeights _solver = new(method.Depth, method.Ridge);
        private readonly AccelerationFailures _failures = new(space.Capacity);
        private readonly double[] _gram = new double[space.Capacity * method.Depth * method.Depth];
        private readonly double[] _weights = new double[space.Capacity * ((2 * method.Depth) + 1)];
        private readonly int[] _slots = new int[(2 * method.Depth) + 1];
        private readonly int[] _steps = new int[space.Capacity];

        public ReadOnlySpan<int> Companions(int rows)
        {
            int others = Oldest(rows) - 1;
            for (int i = 0; i < others; i++)
            {
                _slots[i] = history.Difference(1 + i);
            }

            return _slots.AsSpan(0, others);
        }

        public void Propose(int rows)
        {
            ExtendGram(rows);
            int oldest = Oldest(rows);
            int width = (method.Mixing < 1 ? 2 * oldest : oldest) + 1;
            for (int row = 0; row < rows; row++)
            {
                Weigh(row, oldest, _weights.AsSpan(row * width, width));
            }

            _slots[0] = history.Iterate;
            for (int ago = 0; ago < oldest; ago++)
            {
                _slots[1 + ago] = history.Mapped(ago);
                if (method.Mixing < 1)
                {
                    _slots[1 + oldest + ago] = history.Difference(ago);
                }
            }

            space.Combine(_slots.AsSpan(0, width), _weights.AsSpan(0, rows * width), history.Iterate, rows);
        }

        public void Forget(int row)
        {
            _steps[row] = 0;
            if (history.Age(row) == 0)
            {
                _failures.Begin(row);
            }
            else
            {
                _failures.Restart(row);
            }
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
            int size = _m * _m;
            foreach (RowMove move in moves)
            {
                _gram.AsSpan(move.From * size, size).CopyTo(_gram.AsSpan(move.To * size, size));
                _failures.Move(move);
                _steps[move.To] = _steps[move.From];
            }
        }

        private int Oldest(int rows)
        {
            int oldest = 0;
            for (int row = 0; row < rows; row++)
            {
                oldest = Math.Max(oldest, history.Age(row));
            }

            return oldest;
        }

        /// <summary>Adds the newest difference to every row's Gram matrix, indexed by ring position: m inner products, not m².</summary>
        private void ExtendGram(int rows)
        {
            int newest = history.Position(0) % _m;
            for (int row = 0; row < rows; row++)
            {
                Span<double> gram = _gram.AsSpan(row * _m * _m, _m * _m);
                gram[(newest * _m) + newest] = history.OwnProduct(row);
                for (int ago = 1; ago < history.Age(row); ago++)
                {
                    int other = history.Position(ago) % _m;
                    gram[(newest * _m) + other] = gram[(other * _m) + newest] = history.Product(row, ago - 1);
                }
            }
        }

        private void Weigh(int row, int oldest, Span<double> weights)
        {
            weights.Clear();
            int age = history.Age(row);
            if (age == 0)
            {
                weights[0] = 1;
                return;
            }

            bool isNearest = _failures.Observe(row, history.DifferenceSquared(row));
            if (_failures.IsFailing(row))
            {
                weights[0] = 1 - AccelerationFailures.Damping;
                weights[1] = AccelerationFailures.Damping;
                return;
            }

            Span<double> alpha = weights.Slice(1, age);
            if ((IsPlainTurn(row) && isNearest) || !IsRepresented(row))
            {
                alpha[0] = 1;
            }
            else
            {
                _solver.Solve(_gram.AsSpan(row * _m * _m, _m * _m), history, alpha);
            }

            if (method.Mixing < 1)
            {
                for (int i = 0; i < age; i++)
                {
                    weights[1 + oldest + i] = -(1 - method.Mixing) * alpha[i];
                }
            }
        }

        /// <summary>Whether the part of the newest difference that products are taken over has its share of the length; always, where they are exact.</summary>
        private bool IsRepresented(int row)
        {
            (double part, double whole) = (history.OwnProduct(row), history.DifferenceSquared(row));
            return part <= LargestMisrepresentation * whole && whole <= LargestMisrepresentation * part;
        }

        /// <summary>Counts the row's steps since its history began, and says whether the next may be a plain one.</summary>
        private bool IsPlainTurn(int row)
        {
            int late = _steps[row]++ - StepsThatAllAccelerate;
            return late >= 0 && late % (PlainSteps + 1) < PlainSteps;
        }
    }
}
