using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Streams;

/// <summary>The bounds of streams, and how they start; see <see cref="Settings.ServerSettings"/> for the keys and ranges.</summary>
internal sealed record StreamLimits
{
    /// <summary>Streams that one caller may have open.</summary>
    public required int PerCaller { get; init; }

    /// <summary>Streams open in all.</summary>
    public required int Most { get; init; }

    /// <summary>Bytes of all that streams keep.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long a stream may lie idle before it is closed.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>How states are carried from frame to frame.</summary>
    public required CarryOptions Carry { get; init; }

    /// <summary>Where scenes end.</summary>
    public CutOptions Cuts { get; init; } = new();

    /// <summary>A start is sure when f corrects its flow by at most this share of the last frame's mean motion; 0 to 1.</summary>
    public required double SureShare { get; init; }

    /// <summary>The share of h up to which f may change it at a start that is gone on with, 0 to 1.</summary>
    public required double MostHiddenChange { get; init; }

    /// <summary>The least asymptotic alignment that a model must have been measured to have, in [0, 1].</summary>
    public required double LeastAlignment { get; init; }

    /// <summary>The most that its answers from warm and from cold may have been measured to differ by, pixels.</summary>
    public required double MostDistance { get; init; }

    /// <summary>
    /// Whether a model's solves may start warm: not where its evaluation found that they end elsewhere than from cold. A model that was not measured is
    /// trusted.
    /// </summary>
    /// <remarks>Source: Anil et al., "Path independent equilibrium models can better exploit test-time computation", NeurIPS 2022, section 4.</remarks>
    public bool Trusts(ModelManifest model) =>
        model.Quality.GetValueOrDefault(FlowStarts.Alignment, 1) >= LeastAlignment && model.Quality.GetValueOrDefault(FlowStarts.Distance, 0) <= MostDistance;
}
