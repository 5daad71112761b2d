namespace Deq.Export.Graphs.Ops;

/// <summary>What sums and means over axes share.</summary>
internal static class Reduction
{
    /// <summary>The shape without the axes, or with 1 in their place; null when an axis is not there or given twice.</summary>
    public static Shape? Shape(Shape x, int[] axes, bool keepDims)
    {
        if (axes.Length == 0 || axes.Distinct().Count() < axes.Length || axes.Any(axis => axis < 0 || axis >= x.Rank))
        {
            return null;
        }

        IEnumerable<int> left = Enumerable.Range(0, x.Rank).Where(axis => keepDims || !axes.Contains(axis));
        return new Shape([.. left.Select(axis => axes.Contains(axis) ? (Dim)1 : x[axis])]);
    }

    /// <summary>A cotangent of the reduced value with the axes back in place, with extent 1.</summary>
    public static Node Kept(Node x, Node u, int[] axes) => u.Reshape(Shape(x.Shape, axes, keepDims: true)!);

    /// <summary>How many numbers each result is made of: a constant, or counted when the graph runs.</summary>
    public static Node Count(Node x, int[] axes)
    {
        Dim count = 1;
        foreach (int axis in axes)
        {
            count *= x.Shape[axis];
        }

        if (count.Known is { } known)
        {
            return Constant.Scalar(known);
        }

        var one = new Constant([1], [.. Enumerable.Repeat(1, x.Shape.Rank)]);
        return one.ExpandLike(x).ReduceSum(axes, keepDims: true);
    }

    /// <summary>The cotangent of something that was broadcast: summed over what broadcasting repeated.</summary>
    public static Node SumTo(this Node u, Shape shape)
    {
        int extra = u.Shape.Rank - shape.Rank;
        Node sum = extra == 0 ? u : u.ReduceSum([.. Enumerable.Range(0, extra)], keepDims: false);
        int[] repeated = [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] == 1 && sum.Shape[axis] != 1)];
        return repeated.Length == 0 ? sum : sum.ReduceSum(repeated, keepDims: true);
    }
}
