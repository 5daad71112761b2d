using Deq.Api.Settings;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>How frames of streams start; in section <c>Streams</c> of the settings.</summary>
internal sealed record FlowStartSettings
{
    private static readonly string[] s_fills = [.. Enum.GetNames<CarryFill>().Select(name => name.ToLowerInvariant())];

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Streams");

    /// <summary>How states are carried from frame to frame.</summary>
    public required CarryOptions Carry { get; init; }

    /// <summary>Where scenes end.</summary>
    public CutOptions Cuts { get; init; } = new();

    /// <summary>A start is sure when f corrects its flow by at most this share of the last frame's mean motion; 0 to 1.</summary>
    public required double SureShare { get; init; }

    /// <summary>The largest share of h that f may change at a warm start, 0 to 1.</summary>
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

    private static FlowStartSettings Read(SettingsReader reader)
    {
        var carry = new CarryOptions();
        return new FlowStartSettings
        {
            Carry = new CarryOptions
            {
                FlowScale = (float)reader.Share("Streams:CarriedFlow", carry.FlowScale),
                HiddenScale = (float)reader.Share("Streams:CarriedHidden", carry.HiddenScale),
                Fill = Enum.Parse<CarryFill>(reader.Choice("Streams:Fill", carry.Fill.ToString().ToLowerInvariant(), s_fills), ignoreCase: true),
            },
            SureShare = reader.Share("Streams:SureShare", FlowStarts.DefaultSureShare),
            MostHiddenChange = reader.Share("Streams:MostHiddenChange", FlowStarts.DefaultMostHiddenChange),
            LeastAlignment = reader.Share("Streams:LeastAlignment", 0.9),
            MostDistance = reader.Integer("Streams:MostDistanceMillipixels", 500, 0, 1_000_000) / 1000.0,
        };
    }
}
