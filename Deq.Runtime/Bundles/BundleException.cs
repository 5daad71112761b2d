namespace Deq.Runtime.Bundles;

/// <summary>A bundle, or a folder of bundles, cannot be used.</summary>
/// <param name="directory">The folder.</param>
/// <param name="faults">Everything that is wrong with it, at least one, each a sentence on one line.</param>
public sealed class BundleException(string directory, IReadOnlyList<string> faults)
    : Exception($"{directory}: {string.Join('\n', faults)}")
{
    /// <summary>The folder.</summary>
    public string Directory { get; } = directory;

    /// <summary>Everything that is wrong with it.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
