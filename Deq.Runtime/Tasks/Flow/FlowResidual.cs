using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>The residual of a flow state in pixels: max(mean length of the flow's change, κ·‖Δh‖/‖h‖).</summary>
/// <remarks>
/// It reads the flow alone, 2 of some 50 planes: the norms of the whole state are measured already, and what they exceed those of the flow by
/// belongs to h.
/// </remarks>
/// <param name="Cells">Cells of a state. Its last 2·cells numbers are the flow, to the right and then down; what comes before is h.</param>
/// <param name="Stride">Pixels per cell.</param>
/// <param name="PixelsPerChange">κ, pixels that a relative change of 1 counts for.</param>
internal sealed record FlowResidual(int Cells, double Stride, double PixelsPerChange) : ISummedResidual
{
    private static readonly string[] s_parts = ["flowPixels", "hiddenChange"];

    /// <summary>Mean length of the flow's change in pixels, and ‖Δh‖/‖h‖.</summary>
    public IReadOnlyList<string> Parts => s_parts;

    /// <summary>Whether the state has no h, whose change is then 0 instead of what rounding leaves. Default false.</summary>
    public bool IsFlowAlone { get; init; }

    /// <summary>Over cells: the length of the flow's change, its square, and the squared length of the flow, all in cells.</summary>
    public int Sums => 3;

    /// <inheritdoc/>
    public void Sum(ReadOnlySpan<float> z, ReadOnlySpan<float> fz, Span<double> sums)
    {
        ReadOnlySpan<float> before = z[^(2 * Cells)..];
        ReadOnlySpan<float> after = fz[^(2 * Cells)..];
        (double length, double changeSquared, double flowSquared) = (0, 0, 0);
        for (int cell = 0; cell < Cells; cell++)
        {
            double right = after[cell];
            double down = after[Cells + cell];
            double moreRight = right - before[cell];
            double moreDown = down - before[Cells + cell];
            double square = (moreRight * moreRight) + (moreDown * moreDown);
            length += Math.Sqrt(square);
            changeSquared += square;
            flowSquared += (right * right) + (down * down);
        }

        (sums[0], sums[1], sums[2]) = (length, changeSquared, flowSquared);
    }

    /// <inheritdoc/>
    public byte[] Graph(int width)
    {
        GraphSource graph = new GraphSource().Output(StateGraphs.Result, GraphSource.Double, "R", "n");
        string[] flows = [.. new[] { StateGraphs.Left, StateGraphs.Vector(0) }.Select(name => graph.Apply(
            "Slice", [graph.Input(name, GraphSource.Single, "R", "D"), graph.Integers(width - (2 * Cells)), graph.Integers(width), graph.Integers(1)]))];
        int block = StateGraphs.BlockOf(Cells);
        string planes = graph.Integers(0, 2, Cells);
        string blocks = graph.Integers(0, Cells / block, block);
        (string last, string one) = (graph.Integers(-1), graph.Integers(1));
        string change = Squares(graph.Apply("Sub", [flows[1], flows[0]]));
        string[] sums = [Total(graph.Apply("Sqrt", [change])), Total(change), Total(Squares(flows[1]))];
        graph.Apply("Concat", sums, StateGraphs.Result, ("axis", 1));
        return graph.ToArray();

        string Squares(string vectors) => graph.Apply(
            "ReduceSum", [graph.Apply("Reshape", [graph.Apply("Mul", [vectors, vectors]), planes]), one], attribute: ("keepdims", 0));

        string Total(string numbers)
        {
            string partial = graph.Apply("ReduceSum", [graph.Apply("Reshape", [numbers, blocks]), last], attribute: ("keepdims", 0));
            string wide = graph.Apply("Cast", [partial], attribute: ("to", GraphSource.Double));
            return graph.Apply("ReduceSum", [wide, last], attribute: ("keepdims", 1));
        }
    }

    /// <inheritdoc/>
    public RowResidual Of(double difference, double magnitude, ReadOnlySpan<double> sums)
    {
        double pixels = Stride * sums[0] / Cells;
        double change = IsFlowAlone ? 0 : Tolerance.Residual(Math.Sqrt(AtLeastZero(difference - sums[1])), Math.Sqrt(AtLeastZero(magnitude - sums[2])));
        return new RowResidual(Math.Max(pixels, PixelsPerChange * change), pixels, change);
    }

    /// <summary>Rounding may leave less than nothing; NaN stays NaN.</summary>
    private static double AtLeastZero(double square) => square < 0 ? 0 : square;
}
