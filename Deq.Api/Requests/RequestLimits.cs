using Deq.Api.Access;
using Deq.Api.Requests.Addresses;
using Deq.Api.Settings;
using Deq.Runtime.Imaging;

namespace Deq.Api.Requests;

/// <summary>What one request may bring and take; section <c>Limits</c> of the settings.</summary>
internal sealed record RequestLimits
{
    private const int MiB = 1 << 20;

    /// <summary>A client's share is the bound times its weight.</summary>
    private const long MostHeldBytes = long.MaxValue / AccessKey.MostWeight;

    /// <summary>At four bytes each they still fit into one array.</summary>
    private const int MostPixels = 500_000_000;

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Limits");

    /// <summary>Bytes of a body.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Bytes of the bodies that are held at one time, by all requests together; clients share them.</summary>
    public required long HeldBytes { get; init; }

    /// <summary>Images of a request.</summary>
    public required int Images { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageWidth { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageHeight { get; init; }

    /// <summary>Width times height, pixels.</summary>
    public required int ImagePixels { get; init; }

    /// <summary>Milliseconds to decode one image.</summary>
    public required int DecodeMs { get; init; }

    /// <summary>Threads that decode what is too large for the engine's threads.</summary>
    public required int DecodingThreads { get; init; }

    /// <summary>Whether requests may ask to be served before others.</summary>
    public required bool AllowsHighPriority { get; init; }

    /// <summary>Milliseconds that a request may take, and what it gets when it asks for nothing.</summary>
    public required int DeadlineMs { get; init; }

    /// <summary>Requests of one client that are under way at one time.</summary>
    public required int ClientRequests { get; init; }

    /// <summary>The header that names the client; null: the remote address does.</summary>
    public required string? ClientHeader { get; init; }

    /// <summary>Those that the decoder keeps.</summary>
    public ImageLimits OfImages() => new()
    {
        MaxBytes = BodyBytes,
        MaxWidth = ImageWidth,
        MaxHeight = ImageHeight,
        MaxPixels = ImagePixels,
        MaxDecodeTime = TimeSpan.FromMilliseconds(DecodeMs),
    };

    private static RequestLimits Read(SettingsReader reader)
    {
        var memory = MemoryBudget.OfThisProcess();
        int decoders = reader.Integer("Limits:DecodingThreads", Math.Clamp(Environment.ProcessorCount / 2, 2, 8), 1, 64);
        int bodyBytes = reader.Integer("Limits:BodyBytes", 8 * MiB, 1, 1024 * MiB);
        var limits = new RequestLimits
        {
            BodyBytes = bodyBytes,
            HeldBytes = reader.Long("Limits:HeldBytes", memory.Held(bodyBytes, Math.Max(bodyBytes, 768L * MiB)), 1, MostHeldBytes),
            Images = reader.Integer("Limits:Images", 32, 1, 4096),
            ImageWidth = reader.Integer("Limits:ImageWidth", 8192, 1, 65_535),
            ImageHeight = reader.Integer("Limits:ImageHeight", 8192, 1, 65_535),
            ImagePixels = reader.Integer("Limits:ImagePixels", memory.Pixels(decoders, 24_000_000), 1, MostPixels),
            DecodeMs = reader.Integer("Limits:DecodeMs", 2000, 1, 600_000),
            DecodingThreads = decoders,
            AllowsHighPriority = reader.Flag("Limits:AllowHighPriority", false),
            DeadlineMs = reader.Integer("Limits:DeadlineMs", 30_000, 1, 3_600_000),
            ClientRequests = reader.Integer("Limits:ClientRequests", 128, 1, 1_000_000),
            ClientHeader = reader.HeaderName("Limits:ClientHeader"),
        };
        if (limits.BodyBytes > limits.HeldBytes)
        {
            reader.Contradict($"Limits:BodyBytes is {limits.BodyBytes} and Limits:HeldBytes {limits.HeldBytes}; a full body could never be held.");
        }

        return limits;
    }
}

internal static class RequestServing
{
    /// <summary>Registers what reads requests and bounds what they bring.</summary>
    public static void AddRequests(this WebApplicationBuilder builder)
    {
        builder.AddSettings<RequestLimits>(RequestLimits.Section);
        builder.Services.AddSingleton<ApiMetrics>();
        builder.Services.AddSingleton<HeldBodies>();
        builder.Services.AddSingleton(services => new DecodingThreads(
            services.GetRequiredService<RequestLimits>().DecodingThreads, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<KeyRing>().WeightOf));
        builder.Services.AddSingleton<RefusedBodies>();
        builder.Services.AddSingleton<OpenConnections>();
        builder.Services.AddSingleton<PayloadReader>();
        builder.AddSettings<ImageAddressSettings>(ImageAddressSettings.Section);
        builder.Services.AddSingleton(CheckedConnection.OfThisMachine);
        builder.Services.AddSingleton<ImageFetch>();
        builder.AddClientLimit();
    }
}
