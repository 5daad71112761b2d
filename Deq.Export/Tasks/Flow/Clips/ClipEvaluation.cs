using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Measures what warm starts are worth on clips: every pair from cold and from where a served stream starts it.</summary>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class ClipEvaluation(ModelBundle bundle, int threads) : IDisposable
{
    private const double Unreachable = 1e-30;

    private readonly SolveDefaults _defaults = bundle.Manifest.Defaults;
    private readonly FlowSolver _solver = new(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), threads);
    private readonly ServedStarts _served = new(bundle, threads);

    /// <summary>Measures one clip.</summary>
    /// <remarks>A pair of two sizes has no flow: it is left out, and the next one starts cold.</remarks>
    public IReadOnlyList<ClipPairReport> Measure(FlowClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        List<ClipPairReport> reports = [];
        RowGrant grant = _defaults.Grant();
        LastPair? last = null;
        for (int pair = 0; pair < clip.Pairs; pair++)
        {
            (DecodedImage first, DecodedImage second) = (clip.Frames[pair], clip.Frames[pair + 1]);
            if ((first.Width, first.Height) != (second.Width, second.Height))
            {
                last = null;
                continue;
            }

            (FlowSolve warm, last) = _served.Solve(first, second, last, grant);
            _solver.Encode(first, second);
            FlowSolve cold = _solver.Solve(grant, []);
            FlowField settled = _solver.Decode(_solver.Solve(RowGrant.Of(Unreachable, StartAgreement.Settling(_defaults)), []).State);
            reports.Add(new ClipPairReport
            {
                Clip = clip.Name,
                Pair = pair,
                IsCounted = pair >= clip.FirstCounted,
                Cold = Answer(cold, settled, clip.Truth[pair]),
                Warm = Answer(warm, settled, clip.Truth[pair]),
            });
        }

        return reports;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _served.Dispose();
    }

    /// <summary>Compares an answer to the encoded pair with its truth and with where the cold solve settles.</summary>
    private ClipAnswer Answer(FlowSolve solve, FlowField settled, FlowField? truth)
    {
        FlowField flow = _solver.Decode(solve.State);
        return new ClipAnswer(
            solve.Solution.Evaluations,
            solve.Solution.Residual,
            solve.Solution.Converged,
            truth is null ? null : FlowErrors.Measure(truth, flow).EndpointError,
            FlowErrors.Measure(settled, flow).EndpointError);
    }
}
