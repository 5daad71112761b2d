namespace Deq.Runtime.FixedPoints;

/// <summary>When a row counts as converged: its residual at most <see cref="Limit"/>. See <see cref="IResidual"/> for what that is.</summary>
public sealed record Tolerance
{
    /// <summary>Keeps the residual finite at f(z) = 0; far below any state of use, so it never decides convergence.</summary>
    public const double Epsilon = 1e-9;

    private readonly double _limit = 1e-3;

    /// <summary>
    /// The largest residual that counts as converged, above 0 and below 1, in the unit of the residual: dimensionless but where a task has its own. Default 1e-3.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in (0, 1).</exception>
    public double Limit
    {
        get => _limit;
        init => _limit = value is > 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A tolerance lies above 0 and below 1.");
    }

    /// <summary>The relative residual ‖f(z) − z‖ / (‖f(z)‖ + ε). NaN or infinite when either norm is.</summary>
    /// <param name="difference">‖f(z) − z‖, in the state's own unit.</param>
    /// <param name="magnitude">‖f(z)‖, in the state's own unit.</param>
    /// <param name="least">ε, in the state's own unit, above 0.</param>
    public static double Residual(double difference, double magnitude, double least = Epsilon) =>
        double.IsFinite(magnitude) ? difference / (magnitude + least) : double.NaN;
}
