namespace Deq.Runtime.Implicit;

/// <summary>How far one evaluation of joint inference moves each part of its state.</summary>
/// <remarks>The input has to move more slowly than state and multiplier, or their fixed points run away from them. Source: see <see cref="JointRow"/>.</remarks>
public sealed record JointSteps
{
    private readonly double _state = 0.8;
    private readonly double _multiplier = 0.6;
    private readonly double _input = 0.05;

    /// <summary>The damping of z, in (0, 1]. Default 0.8.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public double State
    {
        get => _state;
        init => _state = Damping(value);
    }

    /// <summary>The damping of μ, in (0, 1]. Default 0.6.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public double Multiplier
    {
        get => _multiplier;
        init => _multiplier = Damping(value);
    }

    /// <summary>The step of x along the negative gradient, above 0, in units of x² by units of the loss. Default 0.05.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public double Input
    {
        get => _input;
        init => _input = value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A step of the input is above 0.");
    }

    /// <summary>The first evaluation at which the input moves; state and multiplier settle before it. Default 0: at once.</summary>
    public int InputFrom { get; init; }

    /// <summary>From which evaluation on the input moves by <see cref="LaterFactor"/> of its step. Default never.</summary>
    public int LaterFrom { get; init; } = int.MaxValue;

    /// <summary>The share of the step that the input keeps from <see cref="LaterFrom"/> on. Default 0.4.</summary>
    public double LaterFactor { get; init; } = 0.4;

    /// <summary>The input's step at an evaluation.</summary>
    /// <param name="evaluation">From 0.</param>
    public double InputAt(int evaluation) => evaluation >= LaterFrom ? Input * LaterFactor : Input;

    private static double Damping(double value) =>
        value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A damping is above 0 and at most 1.");
}
