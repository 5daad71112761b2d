using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Runtime.Bundles;

/// <summary>Turns <c>manifest.json</c> into a manifest, or says why not.</summary>
internal static class ManifestReading
{
    /// <summary>The manifest, or null when there are faults.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="faults">Receives what is wrong.</param>
    public static ModelManifest? Read(ReadOnlySpan<byte> json, List<string> faults)
    {
        try
        {
            if (VersionOf(json) is { } version and not ModelManifest.CurrentFormatVersion)
            {
                faults.Add(
                    $"{ModelBundle.ManifestFile} has format version {version}; this program reads version {ModelManifest.CurrentFormatVersion}.");
                return null;
            }

            ModelManifest? manifest = JsonSerializer.Deserialize<ModelManifest>(json, ModelManifest.Json);
            if (manifest is null)
            {
                faults.Add($"{ModelBundle.ManifestFile} is null.");
            }

            return manifest;
        }
        catch (JsonException fault)
        {
            faults.Add($"{ModelBundle.ManifestFile} cannot be read: {JsonFault.TextOf(fault)}.");
            return null;
        }
    }

    // Read on its own first: a manifest of another version has other members, and they are not what is wrong with it.
    private static int? VersionOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("formatVersion", out JsonElement version)
            && version.ValueKind == JsonValueKind.Number
            && version.TryGetInt32(out int number)
            ? number
            : null;
    }
}
