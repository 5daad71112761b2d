namespace Deq.Export.Graphs;

/// <summary>The extents of a tensor, outermost first. Immutable; equal when all extents are equal.</summary>
internal sealed class Shape : IEquatable<Shape>
{
    private readonly Dim[] _dims;

    /// <summary>Makes a shape; no extents make a scalar.</summary>
    /// <param name="dims">Outermost first; copied.</param>
    public Shape(params ReadOnlySpan<Dim> dims)
    {
        _dims = dims.ToArray();
        Dim volume = 1;
        foreach (Dim dim in _dims)
        {
            volume *= dim;
        }

        Volume = volume;
    }

    /// <summary>How many extents there are.</summary>
    public int Rank => _dims.Length;

    /// <summary>The product of all extents, named where one of them is.</summary>
    public Dim Volume { get; }

    /// <summary>How many numbers a tensor of this shape holds; null when an extent is only known when the graph runs.</summary>
    public int? Count => Volume.Known;

    /// <summary>The extents, outermost first.</summary>
    public ReadOnlySpan<Dim> Dims => _dims;

    /// <summary>One extent.</summary>
    /// <param name="axis">In [0, <see cref="Rank"/>).</param>
    public Dim this[int axis] => _dims[axis];

    /// <summary>The same shape with one extent replaced.</summary>
    /// <param name="axis">In [0, <see cref="Rank"/>).</param>
    /// <param name="dim">The new extent.</param>
    public Shape With(int axis, Dim dim)
    {
        Dim[] dims = [.. _dims];
        dims[axis] = dim;
        return new Shape(dims);
    }

    /// <summary>The shape two tensors broadcast to, aligned at the innermost axis as in NumPy; null when they do not fit.</summary>
    public static Shape? Broadcast(Shape a, Shape b)
    {
        var dims = new Dim[Math.Max(a.Rank, b.Rank)];
        for (int fromEnd = 1; fromEnd <= dims.Length; fromEnd++)
        {
            Dim left = fromEnd <= a.Rank ? a[a.Rank - fromEnd] : 1;
            Dim right = fromEnd <= b.Rank ? b[b.Rank - fromEnd] : 1;
            if (left != right && left != 1 && right != 1)
            {
                return null;
            }

            dims[^fromEnd] = left == 1 ? right : left;
        }

        return new Shape(dims);
    }

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && Dims.SequenceEqual(other.Dims);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (Dim dim in _dims)
        {
            hash.Add(dim);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", _dims)}]";
}
