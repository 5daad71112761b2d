namespace Deq.Runtime.FixedPoints;

/// <summary>A fixed-point method, for example <see cref="AndersonAcceleration"/>. Immutable and thread-safe.</summary>
public interface IFixedPointMethod
{
    /// <summary>The name in the catalogue, lower case, such as <c>anderson</c>.</summary>
    string Name { get; }

    /// <summary>How many pairs (f(z_k), g_k) the loop keeps for the method, at least 1.</summary>
    int Depth { get; }

    /// <summary>What the method needs of the differences g_k: the less, the less is written and read. Default all their numbers.</summary>
    DifferenceUse Differences => DifferenceUse.Numbers;

    /// <summary>Starts a running batch: allocates the method's own slots and host buffers, once.</summary>
    /// <param name="space">Where the states live.</param>
    /// <param name="history">The iterate and the newest pairs; kept up to date by the loop.</param>
    IUpdateRule Begin(IStateSpace space, IterationHistory history);
}

/// <summary>
/// One run of a method over one batch. It never evaluates f, so the cost of a solve is exactly the number of steps the loop takes.
/// </summary>
public interface IUpdateRule
{
    /// <summary>Overwrites the iterate z of the first <paramref name="rows"/> rows with the next one; a row of age 0 keeps its z.</summary>
    void Propose(int rows);

    /// <summary>
    /// The slots whose inner products with the newest difference the rule will read as <see cref="IterationHistory.Product"/>, at most as
    /// many as it reserved: taken while the difference is measured, they cost no further pass. Default none.
    /// </summary>
    /// <param name="rows">Rows that were just evaluated; their ages count this evaluation.</param>
    ReadOnlySpan<int> ProductSlots(int rows) => [];

    /// <summary>Drops what the rule remembers of a row, because it is new or starts over.</summary>
    void Forget(int row);

    /// <summary>
    /// The steps s_0 … s_n of a row that amount to an estimate of (I − J)⁻¹: Π (I + s_(j+1)·s_jᵀ/‖s_j‖²) for j &lt; n, before what the newest
    /// evaluation says of s_n. None where the method estimates no inverse.
    /// </summary>
    /// <param name="row">Which row.</param>
    /// <param name="slots">Receives the slots of the steps, oldest first.</param>
    /// <param name="gram">Receives ⟨s_i, s_j⟩, <c>[steps, steps]</c>.</param>
    /// <param name="products">Receives ⟨s_j, g⟩ with the newest g = f(z) − z.</param>
    /// <returns>How many.</returns>
    int InverseSteps(int row, Span<int> slots, Span<double> gram, Span<double> products) => 0;

    /// <summary>Moves what the rule remembers per row on the host along with the rows' states.</summary>
    void Move(ReadOnlySpan<RowMove> moves);
}
