using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>The estimate of (I − J)⁻¹ that Broyden's method leaves behind, copied out as rows finish: two thin products to apply.</summary>
/// <remarks>
/// Rows stand in the order of the solve's start, whenever they finished. The identity where the method estimates no inverse. The vectors
/// hold nothing but finite numbers, so that what a row does not use counts as nothing.
/// </remarks>
internal sealed class KeptInverse : IInverseKeeper
{
    private readonly int _steps;
    private readonly Tensor _vectors;
    private readonly int[] _slots;
    private readonly double[] _gram;
    private readonly double[] _products;
    private readonly double[] _matrices;
    private Tensor? _matrix;
    private int _used;

    /// <summary>Allocates <paramref name="steps"/> + 1 vectors per row.</summary>
    /// <param name="capacity">The most rows.</param>
    /// <param name="width">D.</param>
    /// <param name="steps">The most steps per row, such as the rank of Broyden's method plus 1.</param>
    /// <param name="type">Precision of the states.</param>
    /// <param name="device">Where they live.</param>
    public KeptInverse(int capacity, int width, int steps, ScalarType type, Device? device)
    {
        _steps = steps;
        _vectors = zeros([capacity, steps + 1, width], dtype: type, device: device).DetachFromDisposeScope();
        (_slots, _gram, _products) = (new int[steps], new double[steps * steps], new double[steps]);
        _matrices = new double[capacity * (steps + 1) * (steps + 1)];
    }

    /// <inheritdoc/>
    public Tensor ApplyTransposed(Tensor x) => Multiply(x, _matrix!.transpose(1, 2));

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _matrix?.Dispose();
    }

    /// <inheritdoc/>
    public void Take(RunningBatch batch, TorchStateSpace from, IReadOnlyList<RowMove> rows)
    {
        var copies = new Dictionary<(int Slot, int Vector), List<RowMove>>();
        foreach (RowMove row in rows)
        {
            int count = batch.InverseSteps(row.From, _slots, _gram, _products);
            if (count == 0 || _gram.AsSpan(0, count * count).ContainsAnyExceptInRange(-double.MaxValue, double.MaxValue))
            {
                continue;
            }

            _used = Math.Max(_used, count + 1);
            Span<double> matrix = Matrix(row.To);
            if (CompactBroyden.Write(count, _gram, _products, matrix, _steps + 1))
            {
                Note(copies, batch.DifferenceSlot, 0, row);
            }

            for (int i = 0; i < count; i++)
            {
                Note(copies, _slots[i], i + 1, row);
            }
        }

        // One copy for all rows whose step lies in the same slot: rows of one age have all of them in the same.
        foreach (((int slot, int vector), List<RowMove> moved) in copies)
        {
            using Tensor target = _vectors.select(1, vector);
            from.CopyRows(slot, moved, target);
        }
    }

    /// <inheritdoc/>
    public void Begin()
    {
        _used = 1;
        Array.Clear(_matrices);
    }

    /// <inheritdoc/>
    public void Complete(int rows)
    {
        int order = _steps + 1;
        using IDisposable scope = NewDisposeScope();
        Tensor all = tensor(_matrices.AsSpan(0, rows * order * order).ToArray(), [rows, order, order]).InTorchsMemory();
        Tensor used = all.narrow(1, 0, _used).narrow(2, 0, _used).contiguous().to(_vectors.device);
        _matrix?.Dispose();
        _matrix = used.DetachFromDisposeScope();
    }

    /// <summary>x + Sᵀ·M·S·x; M in double precision, where it cancels.</summary>
    private Tensor Multiply(Tensor x, Tensor matrix)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor vectors = _vectors.narrow(0, 0, x.shape[0]).narrow(1, 0, _used);
        Tensor column = x.unsqueeze(2);
        Tensor weights = matrix.bmm(vectors.bmm(column).to(ScalarType.Float64)).to(x.dtype);
        return vectors.transpose(1, 2).bmm(weights).AddInPlace(column).squeeze(2).MoveToOuterDisposeScope();
    }

    private Span<double> Matrix(int place)
    {
        int size = (_steps + 1) * (_steps + 1);
        return _matrices.AsSpan(place * size, size);
    }

    private static void Note(Dictionary<(int Slot, int Vector), List<RowMove>> copies, int slot, int vector, RowMove row)
    {
        if (!copies.TryGetValue((slot, vector), out List<RowMove>? rows))
        {
            copies.Add((slot, vector), rows = []);
        }

        rows.Add(row);
    }
}
