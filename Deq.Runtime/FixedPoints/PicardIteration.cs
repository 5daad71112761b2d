namespace Deq.Runtime.FixedPoints;

/// <summary>Damped Picard iteration: z_(k+1) = (1 − β)·z_k + β·f(z_k).</summary>
/// <remarks>
/// Converges when f is a contraction; damping also tames complex eigenvalues of modulus near 1. Source: Krasnoselskii, "Two remarks on
/// the method of successive approximations", 1955.
/// </remarks>
public sealed record PicardIteration : IFixedPointMethod
{
    private readonly double _damping = 1;

    /// <summary>β in (0, 1], dimensionless. Default 1, undamped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in (0, 1].</exception>
    public double Damping
    {
        get => _damping;
        init => _damping = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Damping lies in (0, 1].");
    }

    /// <inheritdoc/>
    public string Name => "picard";

    /// <inheritdoc/>
    public int Depth => 1;

    /// <inheritdoc/>
    public DifferenceUse Differences => DifferenceUse.None;

    /// <inheritdoc/>
    public IUpdateRule Begin(IStateSpace space, IterationHistory history) => new Rule(this, space, history);

    private sealed class Rule(PicardIteration method, IStateSpace space, IterationHistory history) : IUpdateRule
    {
        private readonly double[] _weights = new double[2 * space.Capacity];

        public void Propose(int rows)
        {
            if (method.Damping == 1)
            {
                history.TakeMapped(rows);
                return;
            }

            for (int row = 0; row < rows; row++)
            {
                double damping = history.Age(row) > 0 ? method.Damping : 0;
                _weights[2 * row] = 1 - damping;
                _weights[(2 * row) + 1] = damping;
            }

            space.Combine([history.Iterate, history.Mapped(0)], _weights.AsSpan(0, 2 * rows), history.Iterate, rows);
        }

        public void Forget(int row)
        {
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
        }
    }
}
