using System.Numerics.Tensors;

namespace Deq.Runtime.Implicit;

/// <summary>The set that an input is chosen from: all of space, a box, a ball, or what box and ball have in common. Immutable.</summary>
/// <remarks>Box and ball: the nearest point of the ball, then of the box; that lies in both where the ball's centre lies in the box.</remarks>
public sealed record InputBounds
{
    /// <summary>All of space.</summary>
    public static InputBounds None { get; } = new();

    /// <summary>The least number of x. Default −∞.</summary>
    public float Least { get; init; } = float.NegativeInfinity;

    /// <summary>The largest number of x. Default ∞.</summary>
    public float Most { get; init; } = float.PositiveInfinity;

    /// <summary>The largest L2 distance from the centre, at least 0. Default ∞.</summary>
    public double Radius { get; init; } = double.PositiveInfinity;

    /// <summary>Moves x to the set.</summary>
    /// <param name="centre">Of the ball; as long as x, or empty for 0.</param>
    /// <param name="x">Overwritten.</param>
    public void Project(ReadOnlySpan<float> centre, Span<float> x)
    {
        if (double.IsFinite(Radius))
        {
            double distance = centre.IsEmpty ? TensorPrimitives.Norm<float>(x) : TensorPrimitives.Distance(x, centre);
            float share = (float)(Radius / distance);
            for (int i = 0; distance > Radius && i < x.Length; i++)
            {
                float middle = centre.IsEmpty ? 0 : centre[i];
                x[i] = middle + (share * (x[i] - middle));
            }
        }

        if (float.IsFinite(Least) || float.IsFinite(Most))
        {
            TensorPrimitives.Clamp(x, Least, Most, x);
        }
    }
}
