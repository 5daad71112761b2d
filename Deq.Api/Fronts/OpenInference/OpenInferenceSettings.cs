using Deq.Api.Models;
using Deq.Api.Settings;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Whether and how the server speaks the Open Inference Protocol; section <c>OpenInference</c> of the settings.</summary>
internal sealed record OpenInferenceSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of(Read, "OpenInference");

    /// <summary>Whether the paths under <c>/v2</c> are served.</summary>
    public required bool Rest { get; init; }

    /// <summary>The address at which the protocol is served over gRPC; null: it is not.</summary>
    public required string? GrpcUrl { get; init; }

    /// <summary>What the server calls itself in the protocol.</summary>
    public required string ServerName { get; init; }

    private static string? ReadAddress(string key, SettingsReader reader)
    {
        string? text = reader.Text(key);
        if (text is not null && !ListenAddress.Is(text))
        {
            reader.Contradict($"Setting {key} is '{text}'; it {ListenAddress.Rule}.");
        }

        return text;
    }

    private static OpenInferenceSettings Read(ServerSettings settings, SettingsReader reader)
    {
        bool hasRest = reader.Flag("OpenInference:Rest", true);
        if (!hasRest && settings.Of<ModelSettings>().AllowsLoading)
        {
            reader.Contradict("Models:AllowLoading is true and OpenInference:Rest false; models are loaded and unloaded over its paths alone, so none could be.");
        }

        return new OpenInferenceSettings
        {
            Rest = hasRest,
            GrpcUrl = ReadAddress("OpenInference:GrpcUrl", reader),
            ServerName = reader.Text("OpenInference:ServerName") ?? "deq",
        };
    }
}
