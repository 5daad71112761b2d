using Deq.Export.Solving;
using Deq.Runtime.Implicit;
using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>SHINE: the inverse that Broyden's method estimated in the forward solve, applied to the cotangent in place of an adjoint solve.</summary>
/// <remarks>
/// <para>Rows whose estimate is not to be trusted, or that have none because their solve kept no inverse, get the one-step gradient.</para>
/// <para>
/// A refinement is one step of Broyden's method on u = Jᵀu + v, whose inverse starts from the shared one. Its first secant is the paper's
/// extra update in the direction that the outer problem needs (OPA) with e = Aᵀv, taken at the solution: there both are the same step.
/// </para>
/// <para>Source: Ramzi and others, "SHINE: sharing the inverse estimate from the forward pass", ICLR 2022, sections 2.1 and 2.3.</para>
/// </remarks>
/// <param name="fallbackRatio">The largest trusted ‖Aᵀv‖ / ‖v‖, above 1.</param>
/// <param name="refinements">n, 0 or more.</param>
public sealed class ShineGradient(double fallbackRatio, int refinements) : IGradientEstimator
{
    private KeptInverse? _inverse;
    private SharedInverse? _shared;
    private AdjointMap? _adjointMap;
    private TorchMap? _product;
    private RecordedEvaluation? _recorded;
    private int _adjoint;
    private int _scratch;

    /// <summary>Rows of the newest pass that fell back to the one-step gradient.</summary>
    public int FallenBack { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The solver kept no estimate of the inverse.</exception>
    public GradientPass Attach(Func<Tensor, Tensor> cell, TorchSolution solution)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(solution);
        KeptInverse inverse = solution.Inverse
            ?? throw new ArgumentException("SHINE needs a solve that kept its estimate of the inverse: Broyden's.", nameof(solution));
        Allocate(inverse);
        var recorded = new RecordedEvaluation(cell, solution.State);
        return new GradientPass(recorded.Seen, () => Complete(recorded), CompletesGradient: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _product?.Dispose();

    /// <summary>The slots lie beside the inverse, once for each solver.</summary>
    private void Allocate(KeptInverse inverse)
    {
        if (ReferenceEquals(inverse, _inverse))
        {
            return;
        }

        _product?.Dispose();
        _inverse = inverse;
        _shared = new SharedInverse(inverse.Space);
        _product = new TorchMap(inverse.Space, (u, _) => _recorded!.Product(u));
        _adjointMap = new AdjointMap(inverse.Space, _product);
        _adjoint = inverse.Space.Allocate(1);
        _scratch = inverse.Space.Allocate((2 * refinements) + 1);
    }

    private BackwardReport Complete(RecordedEvaluation recorded)
    {
        _recorded = recorded;
        (KeptInverse inverse, SharedInverse shared, AdjointMap map) = (_inverse!, _shared!, _adjointMap!);
        int rows = (int)recorded.Z.shape[0];
        using (no_grad())
        {
            inverse.Space.Rows(map.CotangentSlot, rows).copy_(recorded.Cotangent);
            IReadOnlyList<int> distrusted = shared.Apply(inverse.Chain, map.CotangentSlot, _adjoint, rows, fallbackRatio);
            FallenBack = distrusted.Count;
            if (refinements > 0)
            {
                foreach (int row in distrusted)
                {
                    inverse.Chain.Forget(row);
                }

                var extended = new RankOneChain(inverse.Space, new TransposedInverse(inverse.Chain));
                shared.Refine(extended, map, _adjoint, _scratch, rows, refinements);
            }

            recorded.Differentiate(inverse.Space.Rows(_adjoint, rows));
        }

        return new BackwardReport(1 + refinements, 0);
    }
}
