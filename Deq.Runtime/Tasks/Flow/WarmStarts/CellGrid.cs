using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Which cell of a state every pixel of a halved frame lies in, and what is measured of pixels and averaged over cells.</summary>
internal sealed class CellGrid
{
    /// <summary>A colour's difference counts up to here: where things are covered it says nothing of the flow.</summary>
    private const float MostOfColour = 30;

    /// <summary>How many cells to each side a mismatch is averaged over.</summary>
    private const int Reach = 1;

    /// <summary>What a pixel counts whose counterpart is outside of the other frame.</summary>
    private const float Outside = 12;

    /// <summary>Fewer around a cell are rounding of none.</summary>
    private const float LeastPixels = 1e-3f;

    private readonly int[] _columns;
    private readonly int[] _rows;
    private readonly float[] _pixelsAround;

    /// <param name="frame">Any of the frames; all are of one size.</param>
    /// <param name="layout">Of the state of the padded frame.</param>
    /// <param name="stride">Pixels per cell, at least 1.</param>
    public CellGrid(HalvedFrame frame, FlowStateLayout layout, double stride)
    {
        (Layout, HalvesPerCell) = (layout, (float)(stride / 2));
        _columns = [.. Enumerable.Range(0, frame.Width).Select(x => Math.Min((int)(((2 * x) + 1) / stride), layout.Width - 1))];
        _rows = [.. Enumerable.Range(0, frame.Height).Select(y => Math.Min((int)(((2 * y) + 1) / stride), layout.Height - 1))];
        _pixelsAround = new float[layout.Cells];
        foreach (int row in _rows)
        {
            foreach (int column in _columns)
            {
                _pixelsAround[(row * layout.Width) + column]++;
            }
        }

        Smooth(_pixelsAround, Reach, new float[layout.Cells]);
    }

    public FlowStateLayout Layout { get; }

    /// <summary>Pixels of the half per cell, along one side.</summary>
    public float HalvesPerCell { get; }

    /// <summary>The cell of a pixel.</summary>
    public int CellOf(int x, int y) => (_rows[y] * Layout.Width) + _columns[x];

    /// <summary>Adds to every cell by how much its pixels differ from those of another frame that a motion leads to.</summary>
    /// <param name="from">The frame whose pixels lie in the cells.</param>
    /// <param name="to">The other.</param>
    /// <param name="u">To the right, cells.</param>
    /// <param name="v">Down, cells.</param>
    /// <param name="weight">Of the difference, in greys; below 0 the motion is gone back along, and the weight is its size.</param>
    /// <param name="sums">Receives sums over pixels.</param>
    public void AddMismatch(HalvedFrame from, HalvedFrame to, ReadOnlySpan<float> u, ReadOnlySpan<float> v, float weight, Span<float> sums)
    {
        float perCell = weight < 0 ? -HalvesPerCell : HalvesPerCell;
        float size = Math.Abs(weight);
        var most = Vector128.Create(MostOfColour);
        var mean = Vector128.Create(1 / 3f, 1 / 3f, 1 / 3f, 0);
        for (int y = 0; y < _rows.Length; y++)
        {
            int row = _rows[y] * Layout.Width;
            for (int x = 0; x < _columns.Length; x++)
            {
                int cell = row + _columns[x];
                (float right, float down) = (x + (u[cell] * perCell), y + (v[cell] * perCell));
                float difference = Outside;
                if (to.Holds(right, down))
                {
                    difference = Vector128.Dot(Vector128.Min(Vector128.Abs(from.At(x, y) - to.Between(right, down)), most), mean);
                }

                sums[cell] += size * difference;
            }
        }
    }

    /// <summary>Turns sums of <see cref="AddMismatch"/> into means over the pixels of a cell and those around it.</summary>
    /// <param name="sums">Sums; receives means, and 0 where no pixel is near.</param>
    /// <param name="scratch">A plane.</param>
    public void Average(Span<float> sums, Span<float> scratch)
    {
        Smooth(sums, Reach, scratch);
        for (int cell = 0; cell < sums.Length; cell++)
        {
            sums[cell] = _pixelsAround[cell] > LeastPixels ? sums[cell] / _pixelsAround[cell] : 0;
        }
    }

    /// <summary>Whether a cell lies in the frame, and not in its padding.</summary>
    public bool IsInFrame(int cell) => cell / Layout.Width <= _rows[^1] && cell % Layout.Width <= _columns[^1];

    /// <summary>The mean of every number and those around it on a plane, fewer at the edges.</summary>
    /// <param name="plane">A number per cell; receives the means.</param>
    /// <param name="reach">How many cells to each side count.</param>
    /// <param name="scratch">As long.</param>
    public void Smooth(Span<float> plane, int reach, Span<float> scratch)
    {
        (int height, int width) = (Layout.Height, Layout.Width);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<float> row = plane.Slice(y * width, width);
            double sum = 0;
            int count = Math.Min(reach, width);
            for (int x = 0; x < count; x++)
            {
                sum += row[x];
            }

            for (int x = 0; x < width; x++)
            {
                if (x + reach < width)
                {
                    (sum, count) = (sum + row[x + reach], count + 1);
                }

                if (x > reach)
                {
                    (sum, count) = (sum - row[x - reach - 1], count - 1);
                }

                scratch[(y * width) + x] = (float)(sum / count);
            }
        }

        SmoothDown(scratch, reach, plane, height, width);
    }

    /// <summary>The same down the columns, by whole rows.</summary>
    private static void SmoothDown(ReadOnlySpan<float> from, int reach, Span<float> to, int height, int width)
    {
        double[] sums = new double[width];
        int count = Math.Min(reach, height);
        for (int y = 0; y < count; y++)
        {
            Add(sums, from.Slice(y * width, width), 1);
        }

        for (int y = 0; y < height; y++)
        {
            if (y + reach < height)
            {
                Add(sums, from.Slice((y + reach) * width, width), 1);
                count++;
            }

            if (y > reach)
            {
                Add(sums, from.Slice((y - reach - 1) * width, width), -1);
                count--;
            }

            Span<float> row = to.Slice(y * width, width);
            for (int x = 0; x < width; x++)
            {
                row[x] = (float)(sums[x] / count);
            }
        }
    }

    private static void Add(Span<double> sums, ReadOnlySpan<float> row, int sign)
    {
        for (int x = 0; x < row.Length; x++)
        {
            sums[x] += sign * row[x];
        }
    }
}
