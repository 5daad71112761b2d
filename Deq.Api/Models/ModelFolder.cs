using Deq.Api.Settings;

namespace Deq.Api.Models;

/// <summary>Finds the folder of bundles, one folder per model.</summary>
internal static class ModelFolder
{
    /// <summary>The name looked for when no folder is set.</summary>
    public const string Name = "models";

    private const string Manifest = "manifest.json";

    /// <summary>The folder set, or the nearest <c>models</c> that holds a bundle, in one of the places or above it.</summary>
    /// <param name="configured">As set; relative to the first place. Null: look for one.</param>
    /// <param name="places">Where to start looking, in this order.</param>
    /// <exception cref="StartupException">There is none.</exception>
    public static string Find(string? configured, IReadOnlyList<string> places)
    {
        if (configured is not null)
        {
            string folder = Path.GetFullPath(configured, places[0]);
            return HoldsBundle(folder)
                ? folder
                : throw new StartupException(
                    $"Models:Directory is '{folder}', where there is no model: it must hold a folder with a {Manifest} for each model.");
        }

        return places.SelectMany(SelfAndAbove).Select(place => Path.Combine(place, Name)).FirstOrDefault(HoldsBundle)
            ?? throw new StartupException(
                $"There are no models: no folder '{Name}' with a model (a folder with a {Manifest}) is in or above "
                + $"{string.Join(" or ", places.Distinct())}. Set Models:Directory to say where they are.");
    }

    private static bool HoldsBundle(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any(bundle => File.Exists(Path.Combine(bundle, Manifest)));

    private static IEnumerable<string> SelfAndAbove(string place)
    {
        for (DirectoryInfo? folder = new(Path.GetFullPath(place)); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }
}
