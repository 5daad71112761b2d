using Deq.Api.Settings;

namespace Deq.Api.Models.Sources;

/// <summary>Bundles that are fetched, and with how much patience.</summary>
internal sealed record SourceSettings
{
    private const string Root = "Models:Sources";

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Models");

    /// <summary>The sources, by distinct names.</summary>
    public required IReadOnlyList<ModelSource> All { get; init; }

    /// <summary>The store of the sources whose addresses begin with <c>s3://</c>; null: there are none.</summary>
    public required StoreSettings? Store { get; init; }

    /// <summary>The folder of fetched bundles; null: one in the user's folder of application data.</summary>
    public required string? CacheDirectory { get; init; }

    /// <summary>Bytes of a bundle, at most.</summary>
    public required long BundleBytes { get; init; }

    /// <summary>How long one try to fetch one file may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The longest wait between two tries to fetch a bundle.</summary>
    public required TimeSpan RetryAfter { get; init; }

    private static SourceSettings Read(SettingsReader reader)
    {
        ModelSource[] all = [.. reader.Children(Root).Select(name => ReadSource(name, reader))];
        return Read(all, StoreSettings.Read(reader, isNeeded: all.Any(source => source.Addresses.Any(StoreSettings.IsObject))), reader);
    }

    private static SourceSettings Read(IReadOnlyList<ModelSource> all, StoreSettings? store, SettingsReader reader) => new()
    {
        All = all,
        Store = store,
        CacheDirectory = reader.Text("Models:CacheDirectory"),
        BundleBytes = reader.Long("Models:SourceBytes", 1L << 30, 1, long.MaxValue),
        Timeout = reader.Milliseconds("Models:SourceTimeoutMs", TimeSpan.FromSeconds(60)),
        RetryAfter = reader.Milliseconds("Models:SourceRetryMs", TimeSpan.FromSeconds(60)),
    };

    private static ModelSource ReadSource(string name, SettingsReader reader)
    {
        string key = $"{Root}:{name}";
        string? sha256 = reader.Text($"{key}:Sha256")?.ToLowerInvariant();
        if (sha256 is not { Length: 64 } || !sha256.All(char.IsAsciiHexDigitLower))
        {
            reader.Contradict($"Setting {key}:Sha256 is '{sha256}'; it must be the SHA-256 of the bundle's manifest, 64 hexadecimal digits.");
        }

        return new ModelSource(name.ToLowerInvariant(), ReadAddress($"{key}:Address", reader), sha256 ?? "")
        {
            Files = reader.Children($"{key}:Files").ToDictionary(path => path, path => ReadAddress($"{key}:Files:{path}", reader), StringComparer.OrdinalIgnoreCase),
        };
    }

    private static Uri ReadAddress(string key, SettingsReader reader)
    {
        if (Uri.TryCreate(reader.Text(key), UriKind.Absolute, out Uri? address) && IsAllowed(address))
        {
            return address;
        }

        // Not shown: it can hold a secret.
        reader.Contradict($"Setting {key} must be an https address without user and fragment (http on the loopback address alone), or s3://<bucket>/<folder>.");
        return new Uri("https://localhost");
    }

    private static bool IsAllowed(Uri address) => StoreSettings.IsObject(address) ? StoreSettings.IsAllowed(address) : SafeAddress.Is(address);
}
