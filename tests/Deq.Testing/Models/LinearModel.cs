using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.States;

namespace Deq.Testing.Models;

/// <summary>f(z, x) = a·z + (1 − a)·x in host memory: the fixed point is the input itself, and the output is the state.</summary>
/// <param name="width">Numbers in input, state and output.</param>
public sealed class LinearModel(int width) : IEquilibriumModel
{
    /// <summary>a. |a| below 1 contracts at that rate; NaN diverges at once.</summary>
    public float Slope { get; init; } = 0.5f;

    /// <summary>Runs before every evaluation on the thread that makes it, with the number of rows.</summary>
    public Action<int> Evaluating { get; init; } = _ => { };

    /// <summary>Runs before an input is encoded, on the thread that does.</summary>
    public Action Encoding { get; init; } = () => { };

    /// <summary>Runs before an output is decoded, on the thread that does.</summary>
    public Action Decoding { get; init; } = () => { };

    /// <summary>Whether no step is made with a row whose first number is such. Default: none is.</summary>
    public Predicate<float> Refuses { get; init; } = _ => false;

    public int InputLength => width;

    public int StateWidth => width;

    public int OutputLength => width;

    /// <summary>Whether lanes give the energy ½(1 − a)·‖z − x‖², whose gradient is z − f(z).</summary>
    public bool HasEnergy { get; init; }

    /// <summary>Runs before an energy is evaluated, on the thread that does.</summary>
    public Action Weighing { get; init; } = () => { };

    /// <summary>Runs before a lane is opened, on the thread that does.</summary>
    public Action Opening { get; init; } = () => { };

    /// <summary>Runs when a lane's space is asked for, on the thread that does: it is asked for once, to allocate.</summary>
    public Action Allocating { get; init; } = () => { };

    /// <summary>Whether a lane is lost by what was thrown.</summary>
    public Predicate<Exception> Loses { get; init; } = _ => false;

    /// <summary>Whether lanes that are open are to be replaced; asked at any time.</summary>
    public Func<bool> IsRetired { get; init; } = () => false;

    /// <summary>Lanes opened and not closed.</summary>
    public int OpenLanes => Volatile.Read(ref _openLanes);

    /// <summary>What each lane takes.</summary>
    public long LaneBytes { get; init; }

    private int _openLanes;

    /// <summary>The model that was asked for one of another shape; null of a model that was not made so.</summary>
    private LinearModel? Whole { get; init; }

    /// <summary>Whether the model takes inputs of any shape; else only of its own width.</summary>
    public bool TakesShapes { get; init; }

    public IEquilibriumModel At(ShapeKey shape) =>
        shape == default ? this
        : TakesShapes ? new LinearModel(shape.Height * shape.Width)
        {
            Slope = Slope,
            Evaluating = Evaluating,
            Encoding = Encoding,
            Decoding = Decoding,
            HasEnergy = HasEnergy,
            Weighing = Weighing,
            Refuses = Refuses,
            LaneBytes = LaneBytes,
            Whole = this,
        }
        : throw new ArgumentException($"The model takes no inputs of {shape}.", nameof(shape));

    public long BytesOf(int capacity) => LaneBytes;

    public double CostOf(ShapeKey shape) => shape == default ? 1 : (double)shape.Height * shape.Width / width;

    public IModelLane OpenLane(int capacity)
    {
        Opening();
        Interlocked.Increment(ref (Whole ?? this)._openLanes);
        return new Lane(this, new HostStateSpace(capacity, width), capacity);
    }

    private sealed class Lane(LinearModel model, HostStateSpace space, int capacity) : IModelLane
    {
        private readonly float[][] _inputs = [.. Enumerable.Range(0, capacity).Select(_ => new float[space.Width])];

        private bool _isLost;

        public IStateSpace Space
        {
            get
            {
                model.Allocating();
                return space;
            }
        }

        public bool IsRetired => _isLost || model.IsRetired();

        public string? RefusalBy(Exception fault) => fault is RowRefusedException ? fault.Message : null;

        public bool IsLostBy(Exception fault) => _isLost |= model.Loses(fault);

        public void Encode(ReadOnlySpan<float> input, int row)
        {
            model.Encoding();
            input.CopyTo(_inputs[row]);
        }

        public void Start(int slot, int row) => space.Row(slot, row).Clear();

        public void Start(int slot, int row, ReadOnlySpan<float> state) => state.CopyTo(space.Row(slot, row));

        public void Read(int slot, int row, Span<float> state) => space.Row(slot, row).CopyTo(state);

        public void Evaluate(int z, int fz, int rows)
        {
            model.Evaluating(rows);
            for (int row = 0; row < rows; row++)
            {
                if (model.Refuses(_inputs[row][0]))
                {
                    throw new RowRefusedException();
                }

                Span<float> mapped = space.Row(fz, row);
                for (int i = 0; i < mapped.Length; i++)
                {
                    mapped[i] = (model.Slope * space.Row(z, row)[i]) + ((1 - model.Slope) * _inputs[row][i]);
                }
            }
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
            foreach (RowMove move in moves)
            {
                _inputs[move.From].CopyTo(_inputs[move.To], 0);
            }
        }

        public void Decode(int slot, int row, Span<float> output)
        {
            model.Decoding();
            space.Row(slot, row).CopyTo(output);
        }

        public double Energy(int slot, int row)
        {
            model.Weighing();
            double sum = 0;
            for (int i = 0; i < space.Width; i++)
            {
                double apart = space.Row(slot, row)[i] - _inputs[row][i];
                sum += apart * apart;
            }

            return (1 - model.Slope) * sum / 2;
        }

        public void Dispose() => Interlocked.Decrement(ref (model.Whole ?? model)._openLanes);
    }
}

/// <summary>What a step of a <see cref="LinearModel"/> throws that has a row which the model refuses.</summary>
public sealed class RowRefusedException() : Exception("A row has a number that no step is made with.");
