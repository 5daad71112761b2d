using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>The adjoint Broyden method: a quasi-Newton method that asks for one vector–Jacobian product per step, and so learns Jᵀ itself.</summary>
/// <remarks>
/// <para>
/// Solves f(z) − z = 0 with A ≈ (I − J)⁻¹, at first the identity, by z ← z + A·g, g = f(z) − z. Before each step the update in the
/// direction σ = g at the newest z makes Aᵀ exact for one vector: Aᵀ·τ = σ with τ = (I − Jᵀ)·σ. It is A ← A + A·σ·(σ − Aᵀτ)ᵀ / ⟨τ, A·σ⟩,
/// the inverse of the least change to A⁻¹ that has σᵀ·A⁻¹ = σᵀ·(I − J).
/// </para>
/// <para>
/// Where f is linear the residuals are orthogonal, no update spoils one before, and A is exact after as many steps as there are
/// dimensions. Only in training: the methods that serve see no products.
/// </para>
/// <para>
/// Sources: Schlenkrich, Griewank and Walther, "On the local convergence of adjoint Broyden methods", Mathematical Programming 121 (2010),
/// sections 2 and 3; Ramzi and others, "SHINE: sharing the inverse estimate from the forward pass", ICLR 2022, section 2.3, for the outer updates.
/// </para>
/// </remarks>
/// <param name="Pairs">
/// How many updates are kept per row, at least 1: two vectors each. A row that has made as many keeps its estimate as it is.
/// </param>
internal sealed record AdjointBroyden(int Pairs)
{
    /// <summary>
    /// Every so many steps an update in the direction Aᵀ·∂L/∂z is made before the step's own, at one more product: outer-problem
    /// awareness (OPA), for an estimate that is right where the backward pass asks. Default 0, never.
    /// </summary>
    public int OuterEvery { get; init; }

    /// <summary>
    /// ∂L/∂z: receives f(z) <c>[rows, D]</c> and which rows of the start these are, <c>[rows]</c>; returns <c>[rows, D]</c>, of which only
    /// the direction counts. Called with gradient enabled. Needed where <see cref="OuterEvery"/> is above 0.
    /// </summary>
    public Func<Tensor, Tensor, Tensor>? OuterGradient { get; init; }
}

/// <summary>The adjoint Broyden method over one state space.</summary>
/// <param name="options">What is kept, and the outer updates.</param>
/// <param name="space">Where the states live.</param>
/// <param name="newest">Makes the products.</param>
/// <param name="inverse">A.</param>
internal sealed class AdjointBroydenMethod(AdjointBroyden options, TorchStateSpace space, NewestEvaluation newest, RankOneSums inverse)
    : IFixedPointMethod
{
    public string Name => "adjoint-broyden";

    public int Depth => 1;

    public IUpdateRule Begin(IStateSpace _, IterationHistory history) => new AdjointBroydenRule(options, space, history, newest, inverse);
}

/// <summary>One run of it over one batch.</summary>
internal sealed class AdjointBroydenRule(
    AdjointBroyden options, TorchStateSpace space, IterationHistory history, NewestEvaluation newest, RankOneSums inverse) : IUpdateRule
{
    public void Propose(int rows)
    {
        bool[] resting = Resting(rows);
        if (!resting.Contains(false))
        {
            return;
        }

        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor? rests = resting.Contains(true) ? tensor(resting, device: inverse.Device).unsqueeze(1) : null;
        if (options.OuterEvery > 0 && inverse.Steps % options.OuterEvery == options.OuterEvery - 1)
        {
            Update(inverse.ApplyTransposed(Outer(rows), rows), rests);
        }

        inverse.Steps++;
        Tensor step = Update(space.Rows(history.Difference(0), rows), rests);
        space.Rows(history.Iterate, rows).AddInPlace(step);
    }

    public void Forget(int row) => inverse.Forget(row);

    public void Move(ReadOnlySpan<RowMove> moves) => inverse.Move(moves);

    /// <summary>Makes Aᵀ exact for (I − Jᵀ)·σ and returns A·σ with the new A; 0 for rows that rest.</summary>
    private Tensor Update(Tensor direction, Tensor? rests)
    {
        Tensor sigma = rests is null ? direction : direction.masked_fill(rests, HeldScalar.Of(0));
        return inverse.Update(sigma, sigma - newest.Product(sigma));
    }

    private Tensor Outer(int rows)
    {
        using IDisposable recording = enable_grad();
        return options.OuterGradient!(space.Rows(history.Mapped(0), rows).detach(), inverse.Places(rows)).detach();
    }

    /// <summary>Which rows take no step because their history has just begun: all of them before the first evaluation of a solve.</summary>
    private bool[] Resting(int rows)
    {
        bool[] rests = new bool[rows];
        for (int row = 0; row < rows; row++)
        {
            rests[row] = history.Age(row) == 0;
        }

        return rests;
    }
}
