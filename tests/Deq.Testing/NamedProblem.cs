namespace Deq.Testing;

/// <summary>A fixed-point problem z = f(z, x) with a name, a width and, per seed, an injection x and a cold start.</summary>
/// <param name="Name">Lower case, such as <c>linear-0.9</c>.</param>
/// <param name="Width">D, numbers per row.</param>
/// <param name="Evaluate">f for one row.</param>
public sealed record NamedProblem(string Name, int Width, NamedProblem.Function Evaluate)
{
    /// <summary>f for one row.</summary>
    /// <param name="row">The row's own injection and how often it was evaluated before.</param>
    /// <param name="z">The state, <c>[D]</c>.</param>
    /// <param name="fz">Receives f(z), <c>[D]</c>.</param>
    public delegate void Function(PlacedRow row, ReadOnlySpan<float> z, Span<float> fz);

    /// <summary>The modulus of the largest eigenvalue of ∂f/∂z, where it is known and the same everywhere.</summary>
    public double? SpectralRadius { get; init; }

    /// <summary>A of a linear problem f(z) = A·z + x; null for others.</summary>
    public SquareMatrix? Matrix { get; init; }

    /// <summary>Whether every row has a fixed point that every method finds, and f is finite and smooth around it.</summary>
    public bool IsSmooth { get; init; } = true;

    /// <summary>The unit of z: injections and states are of this size.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>x for one seed, normally distributed with standard deviation <see cref="Scale"/>.</summary>
    public float[] Injection(int seed)
    {
        var random = new Gaussian(seed);
        return [.. Enumerable.Range(0, Width).Select(_ => (float)(Scale * random.Next()))];
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A row that a map evaluates: its injection, and what the map saw.</summary>
/// <param name="injection">x, <c>[D]</c>.</param>
public sealed class PlacedRow(float[] injection)
{
    /// <summary>x, <c>[D]</c>.</summary>
    public float[] Injection { get; } = injection;

    /// <summary>How often f was evaluated for the row, the present evaluation not counted.</summary>
    public int Evaluations { get; private set; }

    /// <summary>The smallest finite ‖f(z) − z‖ / ‖f(z)‖ seen, in double; infinite before the first.</summary>
    public double SmallestResidual { get; private set; } = double.PositiveInfinity;

    /// <summary>The f(z) of that residual, <c>[D]</c>.</summary>
    public float[] BestState { get; } = new float[injection.Length];

    internal void Note(ReadOnlySpan<float> z, ReadOnlySpan<float> fz)
    {
        Evaluations++;
        double residual = ProblemMap.Residual(z, fz);
        if (residual < SmallestResidual)
        {
            SmallestResidual = residual;
            fz.CopyTo(BestState);
        }
    }
}
