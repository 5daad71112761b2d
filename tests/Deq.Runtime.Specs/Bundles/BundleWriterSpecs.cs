using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>Bundles on their way to disk.</summary>
public sealed class BundleWriterSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TinyBundle _tiny = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writes_the_same_bytes_for_the_same_contents()
    {
        Dictionary<string, byte[]> reversed = _tiny.Files().Reverse().ToDictionary();

        BundleWriter.Write(_folder["a"], _tiny.Manifest(), _tiny.Files());
        BundleWriter.Write(_folder["b"], _tiny.Manifest(), reversed);

        Assert.Equal(File.ReadAllBytes(_folder["a/manifest.json"]), File.ReadAllBytes(_folder["b/manifest.json"]));
    }

    [Fact]
    public void Leaves_nothing_behind_when_it_refuses()
    {
        ModelManifest nameless = _tiny.Manifest() with { Name = "" };
        Dictionary<string, byte[]> escaping = _tiny.Files().Append(new("../out", [])).ToDictionary();

        Assert.Throws<BundleException>(() => BundleWriter.Write(_folder["tiny"], nameless, _tiny.Files()));
        Assert.Throws<BundleException>(() => BundleWriter.Write(_folder["tiny"], _tiny.Manifest(), escaping));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Replaces_a_bundle_only_when_told_to()
    {
        _tiny.Write(_folder["tiny"]);
        ModelManifest newer = _tiny.Manifest() with { Version = "2.0.0" };

        Assert.Throws<IOException>(() => BundleWriter.Write(_folder["tiny"], newer, _tiny.Files()));
        BundleWriter.Write(_folder["tiny"], newer, _tiny.Files(), replace: true);

        using ModelBundle bundle = ModelBundle.Open(_folder["tiny"], new());
        Assert.Equal("2.0.0", bundle.Manifest.Version);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Takes_a_folder_that_is_empty()
    {
        Directory.CreateDirectory(_folder["tiny"]);

        BundleWriter.Write(_folder["tiny"], _tiny.Manifest(), _tiny.Files());

        using ModelBundle bundle = ModelBundle.Open(_folder["tiny"], new());
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Never_replaces_a_folder_that_is_no_bundle()
    {
        Directory.CreateDirectory(_folder["photos"]);
        File.WriteAllText(_folder["photos/one.txt"], "kept");

        Assert.Throws<IOException>(() => BundleWriter.Write(_folder["photos"], _tiny.Manifest(), _tiny.Files(), replace: true));

        Assert.Equal("kept", File.ReadAllText(_folder["photos/one.txt"]));
    }
}
