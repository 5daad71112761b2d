using System.Numerics.Tensors;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.States;

namespace Deq.Runtime.Onnx;

/// <summary>One thread's lane of joint inference: a map over [z, μ, x] per row, made of the graphs of an <see cref="OnnxModel"/>.</summary>
/// <remarks>
/// One evaluation evaluates f once and makes one product with each of its Jacobians, those of the decoder and of the encoder, all at the same
/// point. States live in host memory, on whatever device the graphs run. Not thread-safe; dispose it before its model.
/// </remarks>
public sealed class OnnxJointLane : IModelLane, IResidual
{
    /// <summary>The parts of the residual.</summary>
    private static readonly string[] s_parts = ["equilibrium", "gradient"];

    private readonly OnnxJointModel _joint;
    private readonly JointRuns _runs;
    private readonly HostStateSpace _space;
    private readonly JointRow[] _rows;
    private readonly float[] _problems;
    private readonly float[] _prior;

    internal OnnxJointLane(OnnxJointModel joint, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _joint = joint;
        _runs = new JointRuns(joint.Model, capacity, CancellationToken.None);
        _space = new HostStateSpace(capacity, joint.StateWidth);
        _rows = [.. Enumerable.Range(0, capacity).Select(_ => new JointRow(joint.Steps, joint.Layout, joint.Model.OutputLength))];
        _problems = new float[checked(capacity * joint.InputLength)];
        _prior = new float[joint.Layout.Input];
    }

    /// <inheritdoc/>
    public IStateSpace Space => _space;

    /// <inheritdoc/>
    public IResidual Residual => this;

    /// <inheritdoc/>
    IReadOnlyList<string> IResidual.Parts => s_parts;

    /// <summary>Evaluations of f made for rows so far; as many products with its Jacobians were made.</summary>
    public long RowEvaluations { get; private set; }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        JointLayout layout = _joint.Layout;
        for (int row = 0; row < rows; row++)
        {
            Span<float> current = _space.Row(z, row);
            layout.StateOf(current).CopyTo(_runs.State(row));
            layout.MultiplierOf(current).CopyTo(_runs.Multiplier(row));
            _joint.Problem.Enter(layout.InputOf(current), _runs.Input(row));
        }

        _runs.Forward(rows);
        Span<double> losses = rows <= 128 ? stackalloc double[rows] : new double[rows];
        for (int row = 0; row < rows; row++)
        {
            losses[row] = _joint.Problem.Loss(Problem(row), _runs.Output(row), _runs.OutputCotangent(row));
        }

        _runs.Backward(rows);
        for (int row = 0; row < rows; row++)
        {
            Advance(row, z, fz, losses[row]);
        }

        RowEvaluations += rows;
    }

    /// <inheritdoc/>
    void IResidual.Measure(
        int z, int fz, ReadOnlySpan<double> differences, ReadOnlySpan<double> magnitudes, Span<RowResidual> residuals, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            residuals[row] = _rows[row].Residual;
        }
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            Problem(move.From).CopyTo(Problem(move.To));
            _rows[move.To].CopyFrom(_rows[move.From]);
        }
    }

    /// <inheritdoc/>
    public string? RefusalBy(Exception fault) => RunRefusal.Of(fault);

    /// <summary>Takes what a row brings to the problem.</summary>
    /// <param name="input"><c>[InputLength]</c>; copied.</param>
    /// <param name="row">A row in [0, capacity).</param>
    public void Encode(ReadOnlySpan<float> input, int row)
    {
        if (input.Length != _joint.InputLength)
        {
            throw new ArgumentException($"The problem has {input.Length} numbers; it needs {_joint.InputLength}.", nameof(input));
        }

        input.CopyTo(Problem(row));
        _rows[row].Begin();
    }

    /// <summary>Places the cold start: z and μ are 0, x is where the problem says.</summary>
    public void Start(int slot, int row)
    {
        Span<float> start = _space.Row(slot, row);
        start.Clear();
        _joint.Problem.Start(Problem(row), _joint.Layout.InputOf(start));
    }

    /// <inheritdoc/>
    public void Start(int slot, int row, ReadOnlySpan<float> state) => state.CopyTo(_space.Row(slot, row));

    /// <inheritdoc/>
    public void Read(int slot, int row, Span<float> state) => _space.Row(slot, row).CopyTo(state);

    /// <summary>Gives what the row has kept: the model's output, x, ℓ and its residual; ℓ is infinite where no iterate was finite. Which slot holds the loop's best iterate does not matter.</summary>
    public void Decode(int slot, int row, Span<float> output)
    {
        JointRow kept = _rows[row];
        int length = _joint.Model.OutputLength;
        kept.KeptOutput.CopyTo(output);
        kept.Kept[(2 * _joint.Layout.State)..].CopyTo(output[length..]);
        output[^2] = (float)kept.KeptLoss;
        output[^1] = (float)kept.KeptResidual;
    }

    /// <inheritdoc/>
    public void Dispose() => _runs.Dispose();

    private void Advance(int row, int z, int fz, double loss)
    {
        Span<float> current = _space.Row(z, row);
        Span<float> target = _runs.StateProduct(row);
        TensorPrimitives.Add(target, _runs.OutputProduct(row), target);
        Span<float> gradient = _runs.InputProduct(row);
        _joint.Problem.PullBack(gradient);
        double whole = loss + _joint.Problem.Prior(Problem(row), _joint.Layout.InputOf(current), _prior);
        TensorPrimitives.Add(gradient, _prior, gradient);
        _rows[row].Advance(
            current,
            new JointEvaluation { Mapped = _runs.Mapped(row), MultiplierTarget = target, Gradient = gradient, Output = _runs.Output(row), Loss = whole },
            _joint.Problem,
            Problem(row),
            _space.Row(fz, row));
    }

    private Span<float> Problem(int row) => _problems.AsSpan(row * _joint.InputLength, _joint.InputLength);
}
