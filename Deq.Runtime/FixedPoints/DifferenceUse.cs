namespace Deq.Runtime.FixedPoints;

/// <summary>What a method needs of the differences g_k = f(z_k) − z_k. Their norms are measured exactly whatever it needs.</summary>
public enum DifferenceUse
{
    /// <summary>Nothing: they are not kept.</summary>
    None,

    /// <summary>
    /// Inner products with one another, for which estimates do: a space may keep a part of a long row and nothing else, see
    /// <see cref="IStateSpace.MeasureSampled"/>.
    /// </summary>
    Products,

    /// <summary>Their numbers, all of them.</summary>
    Numbers,
}
