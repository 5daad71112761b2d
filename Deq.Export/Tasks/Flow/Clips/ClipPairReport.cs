namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>One pair of a clip, from cold and from where a stream starts it, to the default tolerance.</summary>
internal sealed record ClipPairReport
{
    /// <summary>The clip's name.</summary>
    public required string Clip { get; init; }

    /// <summary>Which pair, from 0.</summary>
    public required int Pair { get; init; }

    /// <summary>Whether the pair counts in tables; the first of a clip, which must be cold, does not.</summary>
    public required bool IsCounted { get; init; }

    /// <summary>From cold.</summary>
    public required ClipAnswer Cold { get; init; }

    /// <summary>From the previous pair's state, or cold where a stream would start cold.</summary>
    public required ClipAnswer Warm { get; init; }
}

/// <summary>One answer.</summary>
/// <param name="Evaluations">Made.</param>
/// <param name="Residual">Pixels.</param>
/// <param name="Converged">Whether the tolerance was met.</param>
/// <param name="Error">Endpoint error, pixels; null without truth.</param>
/// <param name="Distance">Mean distance to where the cold solve settles, pixels.</param>
internal sealed record ClipAnswer(int Evaluations, double Residual, bool Converged, double? Error, double Distance);
