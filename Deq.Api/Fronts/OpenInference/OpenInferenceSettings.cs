using Deq.Api.Settings;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Whether and how the server speaks the Open Inference Protocol; section <c>OpenInference</c> of the settings.</summary>
internal sealed record OpenInferenceSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "OpenInference");

    /// <summary>Whether the paths under <c>/v2</c> are served.</summary>
    public required bool Rest { get; init; }

    /// <summary>What the server calls itself in the protocol.</summary>
    public required string ServerName { get; init; }

    private static OpenInferenceSettings Read(SettingsReader reader) => new()
    {
        Rest = reader.Flag("OpenInference:Rest", true),
        ServerName = reader.Text("OpenInference:ServerName") ?? "deq",
    };
}
