using Deq.Api.Settings;

namespace Deq.Api.Streams;

/// <summary>The bounds of streams; in section <c>Streams</c> of the settings.</summary>
internal sealed record StreamLimits
{
    private const long MiB = 1 << 20;

    public static SettingsSection Section { get; } = SettingsSection.Of(
        (_, reader) => new StreamLimits
        {
            PerClient = reader.Integer("Streams:PerCaller", 16, 1, 1_000_000),
            Most = reader.Integer("Streams:Most", 1024, 1, 1_000_000),
            Bytes = reader.Long("Streams:Bytes", MemoryBudget.OfThisProcess().Streams(512 * MiB), 0, long.MaxValue),
            Idle = reader.Milliseconds("Streams:IdleMs", TimeSpan.FromSeconds(60)),
        },
        "Streams");

    /// <summary>Streams that one client may have open.</summary>
    public required int PerClient { get; init; }

    /// <summary>Streams open in all.</summary>
    public required int Most { get; init; }

    /// <summary>Bytes of all that streams keep.</summary>
    public required long Bytes { get; init; }

    /// <summary>How long a stream may lie idle before it is closed.</summary>
    public required TimeSpan Idle { get; init; }
}
