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

    /// <summary>Copies the steps of finished rows out, before the batch lets them go. Newest steps stand in the same slot in every row.</summary>
    /// <param name="batch">Where the rows have finished.</param>
    /// <param name="from">Where its states live.</param>
    /// <param name="rows">Each row, and its place in the order of the start.</param>
    internal void Take(RunningBatch batch, TorchStateSpace from, IReadOnlyList<RowMove> rows)
    {
        var copies = new Dictionary<(int From, int To), List<RowMove>>();
        foreach (RowMove row in rows)
        {
            int count = batch.InverseSteps(row.From, _slots, _rowSquares);
            _counts[row.To] = count;
            int gap = _steps - count;
            for (int i = 0; i < count; i++)
            {
                _squares[(row.To * _steps) + gap + i] = _rowSquares[i];
                Note(copies, _slots[i], _first + gap + i, row);
            }

            Note(copies, batch.DifferenceSlot, _first + _steps, row);
        }

        // One copy for all rows whose step lies in the same slot: rows of one age have all of them in the same.
        foreach (((int source, int target), List<RowMove> moved) in copies)
        {
            from.CopyRows(source, moved, Space[target]);
        }
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

    private static void Note(Dictionary<(int From, int To), List<RowMove>> copies, int from, int to, RowMove row)
    {
        if (!copies.TryGetValue((from, to), out List<RowMove>? rows))
        {
            copies.Add((from, to), rows = []);
        }

        rows.Add(row);
    }
}
