using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>The estimate of (I − J)⁻¹ that a solve leaves behind, copied out row by row, so that a backward pass can use it.</summary>
/// <remarks>Rows stand in the order of the solve's start, whenever they finished. The identity where the method estimates no inverse.</remarks>
public sealed class KeptInverse : IDisposable
{
    /// <summary>A denominator this small against ‖s‖² would make the next step a thousand times longer.</summary>
    private const double SmallestShare = 1e-3;

    private readonly int _steps;
    private readonly int _first;
    private readonly int[] _counts;
    private readonly double[] _squares;
    private readonly int[] _slots;
    private readonly double[] _rowSquares;

    /// <summary>Allocates <paramref name="steps"/> + 1 slots beside the solver's.</summary>
    /// <param name="capacity">The most rows.</param>
    /// <param name="width">D.</param>
    /// <param name="steps">The most steps per row, such as the rank of Broyden's method plus 1.</param>
    /// <param name="type">Precision of the states.</param>
    /// <param name="device">Where they live.</param>
    public KeptInverse(int capacity, int width, int steps, ScalarType type, Device? device)
    {
        _steps = steps;
        Space = new TorchStateSpace(capacity, width, type, device);
        _first = Space.Allocate(steps + 1);
        Chain = new RankOneChain(Space);
        (_counts, _squares) = (new int[capacity], new double[capacity * steps]);
        (_slots, _rowSquares) = (new int[steps], new double[steps]);
    }

    /// <summary>Where the estimate lives; more slots may be allocated there.</summary>
    public TorchStateSpace Space { get; }

    /// <summary>A ≈ (I − J)⁻¹ per row.</summary>
    public RankOneChain Chain { get; }

    /// <inheritdoc/>
    public void Dispose() => Space.Dispose();

    /// <summary>Copies a finished row's steps out, before the batch lets it go. Newest steps stand in the same slot in every row.</summary>
    internal void Take(RunningBatch batch, TorchStateSpace from, int row, int place)
    {
        int count = batch.InverseSteps(row, _slots, _rowSquares);
        _counts[place] = count;
        int gap = _steps - count;
        for (int i = 0; i < count; i++)
        {
            _squares[(place * _steps) + gap + i] = _rowSquares[i];
            Copy(from[_slots[i]], row, _first + gap + i, place);
        }

        Copy(from[batch.DifferenceSlot], row, _first + _steps, place);
    }

    /// <summary>Builds the chain once all rows are taken.</summary>
    internal void Complete(int rows)
    {
        Chain.Clear();
        double[] coefficients = new double[rows];
        for (int slot = 0; slot < _steps - 1; slot++)
        {
            for (int row = 0; row < rows; row++)
            {
                coefficients[row] = slot >= _steps - _counts[row] ? 1 / _squares[(row * _steps) + slot] : 0;
            }

            Chain.Add(_first + slot + 1, _first + slot, coefficients);
        }

        AddNewest(rows, coefficients);
    }

    /// <summary>The newest evaluation's own secant: p = A·g / (‖s‖² − ⟨s, A·g⟩), r = s.</summary>
    private void AddNewest(int rows, double[] coefficients)
    {
        int newest = _first + _steps - 1;
        int difference = _first + _steps;
        Chain.Apply(difference, rows);
        double[] products = new double[rows];
        Space.InnerProducts(newest, [difference], products, rows);
        for (int row = 0; row < rows; row++)
        {
            double square = _squares[(row * _steps) + _steps - 1];
            double denominator = square - products[row];
            bool isSound = _counts[row] > 0 && Math.Abs(denominator) > SmallestShare * square;
            coefficients[row] = isSound ? 1 / denominator : 0;
        }

        Chain.Add(difference, newest, coefficients);
    }

    private void Copy(Tensor from, int row, int slot, int place)
    {
        using IDisposable scope = NewDisposeScope();
        Space[slot].narrow(0, place, 1).copy_(from.narrow(0, row, 1));
    }
}
