namespace Deq.Export.Graphs.Ops;

/// <summary>x brought to mean 0 and variance 1 over some axes, out of smaller ops: what the pull-backs of normalisations share.</summary>
internal sealed class Standardized
{
    private readonly int[] _axes;
    private readonly Node _inverseDeviation;

    public Standardized(Node x, int[] axes, float epsilon)
    {
        _axes = axes;
        Node centred = x - x.ReduceMean(axes, keepDims: true);
        Node variance = (centred * centred).ReduceMean(axes, keepDims: true);
        _inverseDeviation = 1 / (variance + epsilon).Sqrt();
        Value = centred * _inverseDeviation;
    }

    /// <summary>The standardised x.</summary>
    public Node Value { get; }

    /// <summary>The cotangent of x: what is left of u without its mean and without its part along <see cref="Value"/>, over the deviation.</summary>
    public Node PullBack(Node u)
    {
        Node along = Value * (u * Value).ReduceMean(_axes, keepDims: true);
        return (u - u.ReduceMean(_axes, keepDims: true) - along) * _inverseDeviation;
    }
}
