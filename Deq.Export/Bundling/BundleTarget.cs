using Deq.Export.CommandLine;
using Deq.Runtime.Bundles;

namespace Deq.Export.Bundling;

/// <summary>Where a bundle is written, and whether that is free.</summary>
internal static class BundleTarget
{
    /// <summary>Where a model's bundle goes unless something else is asked for.</summary>
    public static string Of(string name) => Path.Combine("models", name);

    /// <summary>Refuses to overwrite what is there.</summary>
    /// <param name="target">Where the bundle goes.</param>
    /// <param name="isReplaced">Whether a bundle that is there may go.</param>
    /// <param name="writer">The command whose --output writes elsewhere.</param>
    /// <exception cref="CommandException">Something is there that is no bundle, or one is and --replace was not given.</exception>
    public static void RequireFree(string target, bool isReplaced, string writer = "export")
    {
        bool isTaken = File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any());
        if (isTaken && !File.Exists(Path.Combine(target, ModelBundle.ManifestFile)))
        {
            throw new CommandException($"{target} is there and is no bundle: move it away, or let {writer} --output write elsewhere.");
        }

        if (isTaken && !isReplaced)
        {
            throw new CommandException($"{target} holds something already: --replace replaces it, and {writer} --output writes elsewhere.");
        }
    }
}
