using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>Folders of bundles.</summary>
public sealed class ModelDirectorySpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_every_folder_that_has_a_manifest()
    {
        TinyBundle.Write(_folder["two"], new() { Name = "second" });
        TinyBundle.Write(_folder["one"], new() { Name = "first" });
        TinyBundle.Write(_folder[".draft"], new() { Name = "first" });
        Directory.CreateDirectory(_folder["empty"]);

        IReadOnlyList<ModelBundle> bundles = ModelDirectory.OpenAll(_folder.Path, new(), ended: TestContext.Current.CancellationToken);

        Assert.Equal(["first", "second"], bundles.Select(bundle => bundle.Manifest.Name));
        Assert.All(bundles, bundle => bundle.Dispose());
    }

    [Fact]
    public void Names_the_faults_of_all_bundles_and_the_names_that_they_share()
    {
        TinyBundle.Write(_folder["one"]);
        TinyBundle.Write(_folder["two"]);
        TinyBundle.Write(_folder["three"]);
        TinyBundle.Write(_folder["four"]);
        File.Delete(_folder["three/cell.onnx"]);
        File.Delete(_folder["four/encode.onnx"]);

        BundleException refusal = Assert.Throws<BundleException>(() => ModelDirectory.OpenAll(_folder.Path, new(), ended: TestContext.Current.CancellationToken));

        Assert.Contains("three: cell.onnx is missing.", refusal.Faults);
        Assert.Contains("four: encode.onnx is missing.", refusal.Faults);
        Assert.Contains("one and two both have the name 'tiny'.", refusal.Faults);
    }

    [Fact]
    public void Is_no_place_to_serve_from_when_it_has_no_bundle()
    {
        BundleException empty = Assert.Throws<BundleException>(() => ModelDirectory.OpenAll(_folder.Path, new(), ended: TestContext.Current.CancellationToken));
        BundleException missing = Assert.Throws<BundleException>(() => ModelDirectory.OpenAll(_folder["nowhere"], new(), ended: TestContext.Current.CancellationToken));

        Assert.Contains("no sub-folder has a manifest.json", empty.Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Opens_no_further_bundle_once_it_is_ended()
    {
        TinyBundle.Write(_folder["one"]);
        File.Delete(_folder["one/cell.onnx"]);

        Assert.Throws<OperationCanceledException>(() => ModelDirectory.OpenAll(_folder.Path, new(), ended: new CancellationToken(canceled: true)));
    }
}
