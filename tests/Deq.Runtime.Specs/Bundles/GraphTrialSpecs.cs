using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>The first runs of a bundle's graphs; what they find wrong is in <see cref="BundleCorruption"/>.</summary>
public sealed class GraphTrialSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ends_when_its_time_is_over()
    {
        using var bundle = ModelBundle.Open(TinyBundle.Write(_folder["slow"], new() { ExtraWork = 200 }), new());
        List<string> faults = [];

        GraphTrial.Run(bundle.Model, bundle.Manifest, faults, TimeSpan.FromMilliseconds(20));

        Assert.Contains("cell.onnx did not end within 0.02 s", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_nothing_wrong_with_a_sound_bundle()
    {
        using var bundle = ModelBundle.Open(TinyBundle.Write(_folder["sound"], new() { HasVectorJacobian = true }), new());
        List<string> faults = [];

        GraphTrial.Run(bundle.Model, bundle.Manifest, faults, GraphTrial.Longest);

        Assert.Empty(faults);
    }
}
