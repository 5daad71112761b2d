using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <content>What an accelerator does in its own way: every launch and every wait for it costs more than the arithmetic of a mini-batch.</content>
internal sealed partial class TorchStateSpace
{
    /// <inheritdoc/>
    public void Measure(
        int z,
        int fz,
        int difference,
        bool keep,
        ReadOnlySpan<int> others,
        Span<double> products,
        Span<double> magnitudes,
        int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor mapped = Rows(fz, rows);
        Tensor step;
        if (_isOnHost || keep)
        {
            step = Rows(difference, rows);
            step.copy_(mapped).sub_(Rows(z, rows));
        }
        else
        {
            step = mapped.sub(Rows(z, rows));
        }

        int width = 1 + others.Length;
        var columns = new Tensor[width + 1];
        columns[0] = Product(step, step, rows);
        for (int i = 0; i < others.Length; i++)
        {
            columns[1 + i] = Product(step, Rows(others[i], rows), rows);
        }

        columns[width] = Product(mapped, mapped, rows);
        double[] all = Fetch(columns);
        for (int row = 0; row < rows; row++)
        {
            all.AsSpan(row * (width + 1), width).CopyTo(products.Slice(row * width, width));
            magnitudes[row] = all[(row * (width + 1)) + width];
        }
    }

    /// <summary>⟨a, b⟩ per row, <c>[rows]</c>. A batched matrix product of one row and one column keeps a GPU all but idle.</summary>
    private Tensor Product(Tensor a, Tensor b, int rows) =>
        _isOnHost ? a.unsqueeze(1).bmm(b.unsqueeze(2)).reshape(rows) : a.mul(b).sum(1);

    /// <summary>Columns to host memory, row by row, in one transfer: each would wait for the device.</summary>
    private static double[] Fetch(Tensor[] columns) => stack(columns, 1).to(ScalarType.Float64).cpu().data<double>().ToArray();
}
