namespace Deq.Benchmarks.Bilevel;

/// <summary>The inverse Hessian that L-BFGS keeps: pairs of a step s and the gradient's change y, applied by the two loops. A = Aᵀ, positive definite.</summary>
/// <remarks>For spaces of one row. Source: Nocedal and Wright, "Numerical optimization", 2nd edition, algorithm 7.4.</remarks>
internal sealed class SecantPairs
{
    /// <summary>A pair whose curvature sᵀy is below this share of ‖s‖·‖y‖ would spoil the estimate.</summary>
    private const double SmallestCurvature = 1e-10;

    private readonly VectorSpace _space;
    private readonly int _memory;
    private readonly int _steps;
    private readonly int _changes;
    private readonly double[] _curvatures;
    private readonly double[] _alphas;
    private int _added;
    private double _scale;

    /// <summary>Allocates two slots per pair.</summary>
    /// <param name="space">Where the pairs live.</param>
    /// <param name="memory">The most pairs, at least 1; older ones are dropped.</param>
    public SecantPairs(VectorSpace space, int memory)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentOutOfRangeException.ThrowIfLessThan(memory, 1);
        (_space, _memory) = (space, memory);
        _steps = space.Allocate(memory);
        _changes = space.Allocate(memory);
        (_curvatures, _alphas) = (new double[memory], new double[memory]);
        Clear();
    }

    /// <summary>How many pairs are kept.</summary>
    public int Count => Math.Min(_added, _memory);

    /// <summary>Back to the identity.</summary>
    public void Clear() => (_added, _scale) = (0, 1);

    /// <summary>Takes a pair in, unless its curvature is not positive.</summary>
    /// <param name="step">s, <c>[D]</c>; copied.</param>
    /// <param name="change">y, <c>[D]</c>; copied.</param>
    public void Add(ReadOnlySpan<double> step, ReadOnlySpan<double> change)
    {
        int place = _added % _memory;
        (int s, int y) = (_steps + place, _changes + place);
        step.CopyTo(_space[s]);
        change.CopyTo(_space[y]);
        (double curvature, double squaredStep, double squaredChange) = (Product(s, y), Product(s, s), Product(y, y));
        if (!(curvature > SmallestCurvature * Math.Sqrt(squaredStep * squaredChange)))
        {
            // The place held the oldest pair, if any: without it the estimate is one pair shorter until the next comes.
            _curvatures[place] = 0;
            _added += _added >= _memory ? 1 : 0;
            return;
        }

        _curvatures[place] = curvature;
        _scale = curvature / squaredChange;
        _added++;
    }

    /// <summary>x ← A·x.</summary>
    /// <param name="slot">Holds x; overwritten.</param>
    public void Apply(int slot)
    {
        for (int ago = 0; ago < Count; ago++)
        {
            int place = (_added - 1 - ago) % _memory;
            _alphas[place] = _curvatures[place] == 0 ? 0 : Product(slot, _steps + place) / _curvatures[place];
            Accumulate(slot, -_alphas[place], _changes + place);
        }

        _space.Combine([slot], [_scale], slot, 1);
        for (int ago = Count - 1; ago >= 0; ago--)
        {
            int place = (_added - 1 - ago) % _memory;
            double beta = _curvatures[place] == 0 ? 0 : Product(slot, _changes + place) / _curvatures[place];
            Accumulate(slot, _alphas[place] - beta, _steps + place);
        }
    }

    private double Product(int a, int b)
    {
        Span<double> product = stackalloc double[1];
        _space.InnerProducts(a, [b], product, 1);
        return product[0];
    }

    private void Accumulate(int slot, double weight, int vector) => _space.Combine([slot, vector], [1, weight], slot, 1);
}
