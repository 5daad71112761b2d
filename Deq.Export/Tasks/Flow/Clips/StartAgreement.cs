using System.Numerics.Tensors;
using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Whether solves from several starts end at one point: only then may a model start warm.</summary>
/// <remarks>
/// Every solve runs to four times the default budget, or what the model may spend at most if that is less, whatever its residual. The cosine between where a start and the cold start end is the
/// asymptotic alignment; source: Anil et al., "Path independent equilibrium models can better exploit test-time computation", NeurIPS 2022.
/// A small residual does not show it: a state can be at rest in the wrong place.
/// </remarks>
/// <param name="bundle">A flow model; stays the caller's.</param>
/// <param name="threads">Threads that share one run of a graph, at least 1.</param>
internal sealed class StartAgreement(ModelBundle bundle, int threads) : IDisposable
{
    private const double Unreachable = 1e-30;
    private const int RandomStarts = 2;
    private const float RandomCells = 2;

    private readonly FlowSolver _solver = new(bundle, FixedPointMethods.Named(bundle.Manifest.Defaults.Solver), threads);
    private readonly RowGrant _settling = RowGrant.Of(Unreachable, Settling(bundle.Manifest.Defaults));

    /// <summary>After how many evaluations a solve counts as settled, whatever its residual.</summary>
    internal static int Settling(SolveDefaults defaults) => Math.Min(4 * defaults.MaxEvaluations, defaults.EvaluationsLimit);

    /// <summary>Compares ends over all pairs of clips but the first of each.</summary>
    /// <param name="clips">Of one size each.</param>
    public StartReport Measure(IReadOnlyList<FlowClip> clips)
    {
        ArgumentNullException.ThrowIfNull(clips);
        List<StartEnd> ends = [];
        foreach (FlowClip clip in clips)
        {
            float[]? previous = null;
            for (int pair = 0; pair < clip.Pairs; pair++)
            {
                _solver.Encode(clip.Frames[pair], clip.Frames[pair + 1]);
                float[] cold = _solver.Solve(_settling, []).State;
                if (previous is not null)
                {
                    FlowField settled = _solver.Decode(cold);
                    ends.Add(End("carried", Carried(previous), cold, settled, clip.Truth[pair]));
                    ends.AddRange(Enumerable.Range(0, RandomStarts).Select(
                        number => End("random", Random(number, pair), cold, settled, clip.Truth[pair])));
                }

                previous = cold;
            }
        }

        return new StartReport([.. ends.GroupBy(end => end.Start).Select(group => StartSummary.Of([.. group]))]);
    }

    /// <inheritdoc/>
    public void Dispose() => _solver.Dispose();

    private StartEnd End(string name, float[] start, float[] cold, FlowField settled, FlowField? truth)
    {
        float[] end = _solver.Solve(_settling, start).State;
        FlowField flow = _solver.Decode(end);
        return new StartEnd(
            name,
            TensorPrimitives.CosineSimilarity(end, cold),
            FlowErrors.Measure(settled, flow).EndpointError,
            truth is null ? null : FlowErrors.Measure(truth, settled).EndpointError,
            truth is null ? null : FlowErrors.Measure(truth, flow).EndpointError);
    }

    private float[] Carried(float[] previous)
    {
        float[] start = new float[previous.Length];
        CarriedFlow.Carry(previous, _solver.Layout, start);
        return start;
    }

    /// <summary>h anywhere in (−1, 1), where the gates keep it, and flow of two cells' deviation.</summary>
    private float[] Random(int number, int pair)
    {
        var random = new SplitMix64(number, stream: 3, pair);
        float[] start = new float[_solver.Layout.Length];
        int hidden = _solver.Layout.Hidden * _solver.Layout.Cells;
        for (int i = 0; i < start.Length; i++)
        {
            start[i] = i < hidden ? Drawn.Signed(ref random) : RandomCells * Drawn.Normal(ref random);
        }

        return start;
    }
}

/// <summary>Where one solve ended.</summary>
internal sealed record StartEnd(string Start, double Cosine, double Distance, double? ColdError, double? Error);

/// <summary>Where solves end, by their start.</summary>
/// <param name="Starts">Carried, random.</param>
internal sealed record StartReport(IReadOnlyList<StartSummary> Starts);

/// <summary>Where solves from one kind of start end, against where the cold solves of the same pairs do.</summary>
internal sealed record StartSummary
{
    /// <summary>The kind.</summary>
    public required string Start { get; init; }

    /// <summary>How many solves.</summary>
    public required int Solves { get; init; }

    /// <summary>The mean cosine between the two states: the asymptotic alignment, at most 1.</summary>
    public required double Alignment { get; init; }

    /// <summary>The smallest cosine.</summary>
    public required double WorstAlignment { get; init; }

    /// <summary>Mean distance between the two flows, pixels.</summary>
    public required double Distance { get; init; }

    /// <summary>The largest mean distance of one pair, pixels.</summary>
    public required double WorstDistance { get; init; }

    /// <summary>Endpoint error where cold solves end, pixels; null without truth.</summary>
    public required double? ColdError { get; init; }

    /// <summary>Endpoint error where these end; null without truth.</summary>
    public required double? Error { get; init; }

    internal static StartSummary Of(IReadOnlyList<StartEnd> ends) => new()
    {
        Start = ends[0].Start,
        Solves = ends.Count,
        Alignment = ends.Average(end => end.Cosine),
        WorstAlignment = ends.Min(end => end.Cosine),
        Distance = ends.Average(end => end.Distance),
        WorstDistance = ends.Max(end => end.Distance),
        ColdError = ends.Average(end => end.ColdError),
        Error = ends.Average(end => end.Error),
    };
}
