using Deq.Api.Settings;

namespace Deq.Api.Access;

/// <summary>What a client with a key may take of the server; null: as much as all clients may.</summary>
internal sealed record KeyQuota
{
    /// <summary>The largest rate, in units per second.</summary>
    public const int MostPerSecond = 1_000_000_000;

    public const int MostRequests = 1_000_000;

    /// <summary>The limits by the names that settings give them.</summary>
    public static IReadOnlyList<string> Names { get; } = [nameof(Requests), nameof(BytesPerSecond), nameof(PixelsPerSecond), nameof(EvaluationsPerSecond)];

    /// <summary>Nothing is limited.</summary>
    public static KeyQuota None { get; } = new();

    /// <summary>Requests under way at one time.</summary>
    public int? Requests { get; init; }

    /// <summary>Bytes of bodies.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Pixels of pictures that are decoded, and of tensors of free size.</summary>
    public int? PixelsPerSecond { get; init; }

    /// <summary>Evaluations of models.</summary>
    public int? EvaluationsPerSecond { get; init; }

    /// <summary>Whether a rate is limited.</summary>
    public bool HasRates => BytesPerSecond is not null || PixelsPerSecond is not null || EvaluationsPerSecond is not null;

    /// <summary>Whether each limit is one that settings may name.</summary>
    public bool IsInRange => Requests is null or (>= 1 and <= MostRequests)
        && new[] { BytesPerSecond, PixelsPerSecond, EvaluationsPerSecond }.All(rate => rate is null or (>= 1 and <= MostPerSecond));

    /// <summary>Reads the limits below a section of the settings.</summary>
    public static KeyQuota Read(string section, SettingsReader reader) => new()
    {
        Requests = reader.OptionalInteger($"{section}:{nameof(Requests)}", 1, MostRequests),
        BytesPerSecond = reader.OptionalInteger($"{section}:{nameof(BytesPerSecond)}", 1, MostPerSecond),
        PixelsPerSecond = reader.OptionalInteger($"{section}:{nameof(PixelsPerSecond)}", 1, MostPerSecond),
        EvaluationsPerSecond = reader.OptionalInteger($"{section}:{nameof(EvaluationsPerSecond)}", 1, MostPerSecond),
    };
}
