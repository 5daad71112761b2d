using System.Numerics.Tensors;

namespace Deq.Benchmarks.Bilevel;

/// <summary>ℓ2-regularized logistic regression, r(w) = loss(w) + λ/2·‖w‖², minimised by L-BFGS with backtracking. Owns w, warm between solves.</summary>
/// <remarks>
/// <para>
/// Outer-problem awareness (OPA): every few iterations one more pair is taken in, in the direction e = A·v that the outer problem will
/// ask for, scaled to the newest step's length; y = ∇r(w + e) − ∇r(w). Source: Ramzi and others, "SHINE", ICLR 2022, section 2.2.
/// </para>
/// <para>Source of the method: Nocedal and Wright, "Numerical optimization", 2nd edition, algorithms 3.1 and 7.5.</para>
/// </remarks>
internal sealed class InnerProblem
{
    private const double SufficientDecrease = 1e-4;
    private const double ShortestStep = 1e-10;
    private const int OuterAwareEvery = 5;

    private readonly LogisticLoss _loss;
    private readonly double[] _w;
    private readonly double[] _margins;
    private readonly double[] _directionMargins;
    private readonly double[] _trialMargins;
    private readonly double[] _gradient;
    private readonly double[] _newGradient;
    private readonly double[] _step;
    private readonly int _direction;

    /// <summary>Allocates.</summary>
    /// <param name="rows">What to fit.</param>
    /// <param name="memory">Pairs kept: 30, or 60 where some are spent on the outer problem.</param>
    public InnerProblem(LabelledRows rows, int memory)
    {
        _loss = new LogisticLoss(rows);
        Space = new VectorSpace(_loss.Width);
        Inverse = new SecantPairs(Space, memory);
        _direction = Space.Allocate(1);
        FreeSlot = Space.Allocate(1);
        _w = new double[_loss.Width];
        (_gradient, _newGradient, _step) = (new double[_w.Length], new double[_w.Length], new double[_w.Length]);
        (_margins, _directionMargins, _trialMargins) = (new double[_loss.Count], new double[_loss.Count], new double[_loss.Count]);
    }

    /// <summary>Fills in the direction v that the outer problem asks for at w.</summary>
    /// <param name="w">The present iterate, <c>[p]</c>.</param>
    /// <param name="direction">Receives v, <c>[p]</c>.</param>
    public delegate void OuterDirection(ReadOnlySpan<double> w, Span<double> direction);

    /// <summary>Where the inverse lives; more slots may be allocated there.</summary>
    public VectorSpace Space { get; }

    /// <summary>The first of two slots that nothing else uses.</summary>
    public int FreeSlot { get; }

    /// <summary>The inverse Hessian estimated by the newest solve.</summary>
    public SecantPairs Inverse { get; }

    /// <summary>The newest minimiser.</summary>
    public ReadOnlySpan<double> Weights => _w;

    /// <summary>Passes made over X or Xᵀ so far by <see cref="Solve"/>.</summary>
    public long Passes { get; private set; }

    /// <summary>Minimises from the present w.</summary>
    /// <param name="lambda">λ, at least 0.</param>
    /// <param name="tolerance">The gradient's norm that is small enough, above 0.</param>
    /// <param name="mostIterations">At least 1.</param>
    /// <param name="outer">The outer problem's direction; null for plain L-BFGS.</param>
    /// <returns>Iterations made.</returns>
    public int Solve(double lambda, double tolerance, int mostIterations, OuterDirection? outer = null)
    {
        Inverse.Clear();
        _loss.Margins(_w, _margins);
        Gradient(_margins, _w, lambda, _gradient);
        Passes++;
        double value = _loss.ValueAt(_margins) + (lambda / 2 * TensorPrimitives.SumOfSquares<double>(_w));
        for (int k = 0; k < mostIterations; k++)
        {
            if (TensorPrimitives.Norm<double>(_gradient) < tolerance || !TakeStep(lambda, ref value))
            {
                return k;
            }

            TensorPrimitives.Subtract<double>(_newGradient, _gradient, _gradient);
            Inverse.Add(_step, _gradient);
            _newGradient.CopyTo(_gradient, 0);
            if (outer is not null && k > 1 && k % OuterAwareEvery == 0)
            {
                AddOuterPair(lambda, outer);
            }
        }

        return mostIterations;
    }

    /// <summary>Fixes where <see cref="MultiplyHessian"/> is taken: the newest minimiser.</summary>
    public void Linearise() => _loss.Linearise(_w);

    /// <summary>result ← ∇²r·x.</summary>
    public void MultiplyHessian(double lambda, ReadOnlySpan<double> x, Span<double> result)
    {
        _loss.MultiplyCurvature(x, result);
        TensorPrimitives.MultiplyAdd(x, lambda, result, result);
    }

    private void Gradient(ReadOnlySpan<double> margins, ReadOnlySpan<double> w, double lambda, Span<double> gradient)
    {
        _loss.GradientAt(margins, gradient);
        TensorPrimitives.MultiplyAdd(w, lambda, gradient, gradient);
        Passes++;
    }

    /// <summary>One backtracking step along −A·g; false when no step lowers r any more. The margins follow without a pass over X.</summary>
    private bool TakeStep(double lambda, ref double value)
    {
        Span<double> direction = Space[_direction];
        _gradient.CopyTo(direction);
        Inverse.Apply(_direction);
        TensorPrimitives.Negate<double>(direction, direction);
        double slope = TensorPrimitives.Dot<double>(_gradient, direction);
        _loss.Margins(direction, _directionMargins);
        Passes++;
        for (double length = 1; length >= ShortestStep; length /= 2)
        {
            TensorPrimitives.MultiplyAdd<double>(_directionMargins, length, _margins, _trialMargins);
            TensorPrimitives.MultiplyAdd(direction, length, _w, _step);
            double trial = _loss.ValueAt(_trialMargins) + (lambda / 2 * TensorPrimitives.SumOfSquares<double>(_step));
            if (trial <= value + (SufficientDecrease * length * slope))
            {
                _step.CopyTo(_w, 0);
                _trialMargins.CopyTo(_margins, 0);
                TensorPrimitives.Multiply(direction, length, _step);
                value = trial;
                Gradient(_margins, _w, lambda, _newGradient);
                return true;
            }
        }

        return false;
    }

    private void AddOuterPair(double lambda, OuterDirection outer)
    {
        Span<double> e = Space[_direction];
        outer(_w, e);
        Inverse.Apply(_direction);
        double length = TensorPrimitives.Norm<double>(e);
        if (!(length > 0))
        {
            return;
        }

        TensorPrimitives.Multiply(e, TensorPrimitives.Norm<double>(_step) / length, e);
        TensorPrimitives.Add<double>(_w, e, _step);
        _loss.Margins(_step, _trialMargins);
        Gradient(_trialMargins, _step, lambda, _newGradient);
        Passes++;
        TensorPrimitives.Subtract<double>(_newGradient, _gradient, _newGradient);
        Inverse.Add(e, _newGradient);
    }
}
