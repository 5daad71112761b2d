using Deq.Api.Settings;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Whether and how the server speaks the Open Inference Protocol; section <c>OpenInference</c> of the settings.</summary>
internal sealed record OpenInferenceSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "OpenInference");

    /// <summary>Whether the paths under <c>/v2</c> are served.</summary>
    public required bool Rest { get; init; }

    /// <summary>The address at which the protocol is served over gRPC; null: it is not.</summary>
    public required string? GrpcUrl { get; init; }

    /// <summary>What the server calls itself in the protocol.</summary>
    public required string ServerName { get; init; }

    private static string? ReadAddress(string key, SettingsReader reader)
    {
        string? text = reader.Text(key);
        if (text is not null && !(Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"))
        {
            reader.Contradict($"Setting {key} is '{text}'; it must be an address such as http://127.0.0.1:8001.");
        }

        return text;
    }

    private static OpenInferenceSettings Read(SettingsReader reader) => new()
    {
        Rest = reader.Flag("OpenInference:Rest", true),
        GrpcUrl = ReadAddress("OpenInference:GrpcUrl", reader),
        ServerName = reader.Text("OpenInference:ServerName") ?? "deq",
    };
}
