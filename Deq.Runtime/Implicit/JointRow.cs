using System.Numerics.Tensors;
using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Implicit;

/// <summary>One row of joint inference: what an evaluation does to [z, μ, x], how far from a solution it was, and which iterate is kept.</summary>
/// <remarks>
/// <para>
/// A solution of min ℓ(output(z), x) with z = f(z, x) satisfies z = f(z, x), μ = ∂ℓ/∂z + Jzᵀμ and 0 = ∂ℓ/∂x + Jxᵀμ. One evaluation moves
/// all three: z by its damping to f(z, x), μ by its own to the right-hand side, x by a step along the negative gradient, projected.
/// </para>
/// <para>Source: Gurumurthy, Bai, Manchester and Kolter, "Joint inference and input optimization in equilibrium networks", NeurIPS 2021, section 3.</para>
/// </remarks>
/// <param name="steps">How far each part moves.</param>
/// <param name="layout">Where the parts lie.</param>
/// <param name="outputs">Numbers of the output, kept beside the iterate.</param>
public sealed class JointRow(JointSteps steps, JointLayout layout, int outputs)
{
    /// <summary>Evaluations whose iterate is kept whatever it is.</summary>
    private const int AlwaysKept = 10;

    /// <summary>How much above the least residual so far an iterate of lower loss may lie.</summary>
    private const double ResidualSlack = 1.3;

    private readonly float[] _state = new float[layout.Width];
    private readonly float[] _output = new float[outputs];
    private double _leastResidual;
    private double _largestGradient;
    private double _keptRank;

    /// <summary>Evaluations since <see cref="Begin"/>.</summary>
    public int Evaluations { get; private set; }

    /// <summary>Of the newest evaluation: the larger of the relative residuals of z and μ, and the gradient by x as a share of the largest of this solve.</summary>
    public RowResidual Residual { get; private set; }

    /// <summary>ℓ of the kept iterate; infinite where none is kept.</summary>
    public double KeptLoss { get; private set; }

    /// <summary>The residual of the kept iterate; infinite where none is kept.</summary>
    public double KeptResidual { get; private set; }

    /// <summary>[z, μ, x] of the kept iterate; zeros where none is kept.</summary>
    public ReadOnlySpan<float> Kept => _state;

    /// <summary>The output of the kept iterate; zeros where none is kept.</summary>
    public ReadOnlySpan<float> KeptOutput => _output;

    /// <summary>Forgets everything, the kept iterate too, which may be of another client: the row begins.</summary>
    public void Begin()
    {
        Array.Clear(_state);
        Array.Clear(_output);
        (Evaluations, _leastResidual, _largestGradient, _keptRank) = (0, double.PositiveInfinity, 0, double.PositiveInfinity);
        (KeptLoss, KeptResidual) = (double.PositiveInfinity, double.PositiveInfinity);
        Residual = new RowResidual(double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
    }

    /// <summary>Takes over from another row, which moved here.</summary>
    public void CopyFrom(JointRow other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (Evaluations, _leastResidual, _largestGradient, _keptRank) = (other.Evaluations, other._leastResidual, other._largestGradient, other._keptRank);
        (KeptLoss, KeptResidual, Residual) = (other.KeptLoss, other.KeptResidual, other.Residual);
        other._state.CopyTo(_state, 0);
        other._output.CopyTo(_output, 0);
    }

    /// <summary>Moves a state by what was evaluated at it.</summary>
    /// <param name="current">[z, μ, x].</param>
    /// <param name="found">What the graphs gave there.</param>
    /// <param name="problem">Projects x.</param>
    /// <param name="brought">What the row brought to the problem.</param>
    /// <param name="next">Receives the next [z, μ, x].</param>
    public void Advance(Span<float> current, scoped in JointEvaluation found, IJointProblem problem, ReadOnlySpan<float> brought, Span<float> next)
    {
        ArgumentNullException.ThrowIfNull(problem);
        double state = Damp(layout.StateOf(current), found.Mapped, steps.State, layout.StateOf(next));
        double multiplier = Damp(layout.MultiplierOf(current), found.MultiplierTarget, steps.Multiplier, layout.MultiplierOf(next));
        var point = new JointPoint { X = layout.InputOf(current), Gradient = found.Gradient, Loss = found.Loss };
        double input = MoveInput(point, problem, brought, layout.InputOf(next));
        double equilibrium = Math.Max(state, multiplier);
        Residual = new RowResidual(Math.Max(equilibrium, input), equilibrium, input);
        Select(current, found, problem.RankOf(brought, point, equilibrium));
        Evaluations++;
    }

    private static double Damp(ReadOnlySpan<float> from, ReadOnlySpan<float> to, double damping, Span<float> next)
    {
        double distance = TensorPrimitives.Distance(from, to);
        TensorPrimitives.Lerp(from, to, (float)damping, next);
        return Tolerance.Residual(distance, TensorPrimitives.Norm(to));
    }

    /// <summary>Moves x. Gives the whole step that it is on the way of as a share of the problem's own length, or of the longest such step.</summary>
    private double MoveInput(scoped in JointPoint at, IJointProblem problem, ReadOnlySpan<float> brought, Span<float> next)
    {
        if (Evaluations < steps.InputFrom)
        {
            at.X.CopyTo(next);
            return 1;
        }

        double step = steps.InputAt(Evaluations);
        problem.Step(brought, at, step, next);
        double moved = TensorPrimitives.Distance(at.X, next) / step;
        _largestGradient = Math.Max(_largestGradient, moved);
        double scale = problem.ScaleOf(brought, at.X);

        // Nothing has reached x while μ is still 0: that is no solution.
        return _largestGradient > 0 || Evaluations > 1 ? Tolerance.Residual(moved, scale > 0 ? scale : _largestGradient) : 1;
    }

    /// <summary>By rank where the problem ranks. Else the paper's rule: early iterates always, later those of least residual, or of lower loss at nearly that residual.</summary>
    private void Select(ReadOnlySpan<float> current, scoped in JointEvaluation found, double? rank)
    {
        double residual = Residual.Value;
        bool isKept = rank is not null ? rank < _keptRank
            : Evaluations < AlwaysKept || residual < _leastResidual || (found.Loss < KeptLoss && residual < ResidualSlack * _leastResidual);
        _leastResidual = residual < _leastResidual ? residual : _leastResidual;
        if (isKept && double.IsFinite(residual) && double.IsFinite(found.Loss))
        {
            (KeptLoss, KeptResidual, _keptRank) = (found.Loss, residual, rank ?? _keptRank);
            current.CopyTo(_state);
            found.Output.CopyTo(_output);
        }
    }
}

/// <summary>What the graphs of a model gave at [z, μ, x].</summary>
public readonly ref struct JointEvaluation
{
    /// <summary>f(z, x).</summary>
    public required ReadOnlySpan<float> Mapped { get; init; }

    /// <summary>∂ℓ/∂z + Jzᵀμ.</summary>
    public required ReadOnlySpan<float> MultiplierTarget { get; init; }

    /// <summary>∂ℓ/∂x + Jxᵀμ.</summary>
    public required ReadOnlySpan<float> Gradient { get; init; }

    /// <summary>The output at z.</summary>
    public required ReadOnlySpan<float> Output { get; init; }

    /// <summary>ℓ.</summary>
    public required double Loss { get; init; }
}
