using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>What a manifest's quality says of starts, and whether a model may start warm.</summary>
public static class FlowStarts
{
    /// <summary>The quality that says how well solves from carried and from cold starts end at one point: a cosine.</summary>
    public const string Alignment = "asymptoticAlignment";

    /// <summary>The quality that says how far the answers from both lie apart: pixels.</summary>
    public const string Distance = "warmDistance";

    /// <summary>The largest <see cref="Distance"/> of a model whose solves may start warm, pixels.</summary>
    public const double MostDistance = 0.5;

    /// <summary>Whether a model's solves may start warm: not where its evaluation found that they end elsewhere than cold ones. A model that was not measured may.</summary>
    /// <remarks>Source: Anil et al., "Path independent equilibrium models can better exploit test-time computation", NeurIPS 2022, section 4.</remarks>
    public static bool Trusts(ModelManifest model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Quality.GetValueOrDefault(Distance, 0) <= MostDistance;
    }
}
