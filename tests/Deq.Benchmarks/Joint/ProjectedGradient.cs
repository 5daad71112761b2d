using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Benchmarks.Joint;

/// <summary>The baseline: gradient descent (Adam) on the input, with a solve for z and a solve for the adjoint in every step.</summary>
/// <remarks>Cold: both start from 0. Warm: both start from where the last step's ended, with fewer evaluations.</remarks>
internal sealed class ProjectedGradient : IDisposable
{
    private const double First = 0.9;
    private const double Second = 0.999;
    private const double Tolerance = 1e-3;

    private readonly OnnxModel _model;
    private readonly OnnxJointModel _joint;
    private readonly OnnxJointLane _products;
    private readonly OnnxLane _lane;
    private readonly StateProduct _product;
    private readonly AdjointMap _adjoint;
    private readonly RunningBatch _states;
    private readonly RunningBatch _adjoints;
    private readonly JointLayout _layout;
    private readonly int _slots;
    private readonly float[][] _problems;
    private readonly float[][] _z;
    private readonly float[][] _mu;
    private readonly double[][] _moments;
    private readonly float[] _entered;
    private readonly int _inner;
    private readonly bool _isWarm;
    private int _step;

    /// <summary>Allocates for a set of problems.</summary>
    /// <param name="model">The model.</param>
    /// <param name="problem">What x is chosen by.</param>
    /// <param name="problems">What each row brings.</param>
    /// <param name="inner">The most evaluations of each solve.</param>
    /// <param name="isWarm">Whether solves start from the last step's.</param>
    public ProjectedGradient(OnnxModel model, IJointProblem problem, float[][] problems, int inner, bool isWarm)
    {
        (_model, _problems, _inner, _isWarm) = (model, problems, inner, isWarm);
        Problem = problem;
        _joint = new OnnxJointModel(model, problem, new JointSteps { State = 1, Multiplier = 1, Input = 1 });
        _layout = _joint.Layout;
        _products = _joint.OpenLane(problems.Length);
        _lane = model.OpenLane(problems.Length);
        _product = new StateProduct(_lane);
        _adjoint = new AdjointMap(_lane.Space, _product);
        _states = new RunningBatch(_lane.Space, _lane, FixedPointMethods.Named("anderson"), TimeProvider.System);
        _adjoints = new RunningBatch(_lane.Space, _adjoint, FixedPointMethods.Named("anderson"), TimeProvider.System);
        _slots = _products.Space.Allocate(2);
        _z = Rows(model.StateWidth);
        _mu = Rows(model.StateWidth);
        X = Rows(_layout.Input);
        _entered = new float[_layout.Input];
        _moments = [.. problems.Select(_ => new double[2 * _layout.Input])];
        for (int row = 0; row < problems.Length; row++)
        {
            problem.Start(problems[row], X[row]);
        }

        float[][] Rows(int width) => [.. problems.Select(_ => new float[width])];
    }

    /// <summary>What x is chosen by.</summary>
    public IJointProblem Problem { get; }

    /// <summary>The inputs now.</summary>
    public float[][] X { get; }

    /// <summary>Evaluations of f and products with its Jacobians so far, mean per row.</summary>
    public double Evaluations { get; private set; }

    /// <summary>One outer step by Adam.</summary>
    /// <param name="rate">Of Adam.</param>
    public void Step(double rate) => Step((row, end) => Move(row, end, rate));

    /// <summary>One outer step.</summary>
    /// <param name="move">Given a row and what a gradient step of size 1 would make of its input, moves the input.</param>
    public void Step(Action<int, float[]> move)
    {
        SolveStates();
        float[][] cotangents = [.. Products(withMultiplier: false).Select(next => _layout.MultiplierOf(next).ToArray())];
        SolveAdjoints(cotangents);
        float[][] ends = Products(withMultiplier: true);
        _step++;
        for (int row = 0; row < X.Length; row++)
        {
            move(row, _layout.InputOf(ends[row]).ToArray());
        }

        // One evaluation and one product make the gradient; the cotangent of the loss is found on the way.
        Evaluations += 2;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _products.Dispose();
        _lane.Dispose();
    }

    private void SolveStates()
    {
        int first = 0;
        for (int i = 0; i < X.Length; i++)
        {
            int ticket = _states.Join(RowGrant.Of(Tolerance, _inner), out int row);
            first = i == 0 ? ticket : first;
            Problem.Enter(X[i], _entered);
            _lane.Encode(_entered, row);
            _lane.Start(_states.IterateSlot, row, _isWarm ? _z[i] : new float[_model.StateWidth]);
        }

        FixedPoint.Run(_states, done =>
        {
            _lane.Read(done.Slot, done.Row, _z[done.Ticket - first]);
            Evaluations += done.Solution.Evaluations / (double)X.Length;
        });
    }

    private void SolveAdjoints(float[][] cotangents)
    {
        int first = 0;
        for (int i = 0; i < X.Length; i++)
        {
            int ticket = _adjoints.Join(RowGrant.Of(Tolerance, _inner), out int row);
            first = i == 0 ? ticket : first;
            Problem.Enter(X[i], _entered);
            _lane.Encode(_entered, row);
            _lane.Start(_product.StateSlot, row, _z[i]);
            _lane.Start(_adjoint.CotangentSlot, row, cotangents[i]);
            _lane.Start(_adjoints.IterateSlot, row, _isWarm ? _mu[i] : new float[_model.StateWidth]);
        }

        FixedPoint.Run(_adjoints, done =>
        {
            _lane.Read(done.Slot, done.Row, _mu[done.Ticket - first]);
            Evaluations += done.Solution.Evaluations / (double)X.Length;
        });
    }

    /// <summary>[f(z, x), ∂ℓ/∂z + Jzᵀμ, x − ∂ℓ/∂x − Jxᵀμ] per row.</summary>
    private float[][] Products(bool withMultiplier)
    {
        float[] state = new float[_layout.Width];
        for (int row = 0; row < X.Length; row++)
        {
            _products.Encode(_problems[row], row);
            _z[row].CopyTo(_layout.StateOf(state));
            _layout.MultiplierOf(state).Clear();
            if (withMultiplier)
            {
                _mu[row].CopyTo(_layout.MultiplierOf(state));
            }

            X[row].CopyTo(_layout.InputOf(state));
            _products.Start(_slots, row, state);
        }

        _products.Evaluate(_slots, _slots + 1, X.Length);
        return [.. Enumerable.Range(0, X.Length).Select(row =>
        {
            float[] next = new float[_layout.Width];
            _products.Read(_slots + 1, row, next);
            return next;
        })];
    }

    /// <summary>Adam. Where bounds cut the unit step short, the gradient is what they left of it.</summary>
    private void Move(int row, float[] end, double rate)
    {
        float[] x = X[row];
        for (int i = 0; i < x.Length; i++)
        {
            double gradient = x[i] - end[i];
            double mean = _moments[row][i] = (First * _moments[row][i]) + ((1 - First) * gradient);
            double square = _moments[row][x.Length + i] = (Second * _moments[row][x.Length + i]) + ((1 - Second) * gradient * gradient);
            x[i] -= (float)(rate * mean / (1 - Math.Pow(First, _step)) / (Math.Sqrt(square / (1 - Math.Pow(Second, _step))) + 1e-8));
        }

        Problem.Project(_problems[row], x);
    }

    /// <summary>u ↦ Jᵀu at the states in a slot.</summary>
    private sealed class StateProduct(OnnxLane lane) : IFixedPointMap
    {
        public int StateSlot { get; } = lane.Space.Allocate(1);

        public void Evaluate(int z, int fz, int rows) => lane.VectorJacobian!.Evaluate(StateSlot, z, fz, rows);

        public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);
    }
}
