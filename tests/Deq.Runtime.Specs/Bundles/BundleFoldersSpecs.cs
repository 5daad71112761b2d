using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

public sealed class BundleFoldersSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Take_the_highest_number_of_a_model_with_versions_and_the_folder_of_one_without()
    {
        Manifest("plain", "many/2", "many/10", "many/010", "many/0", "many/beta", "many/.11", ".hidden");
        Directory.CreateDirectory(_folder["many/12"]);
        Directory.CreateDirectory(_folder["empty"]);

        IReadOnlyList<string> found = BundleFolders.In(_folder.Path);

        Assert.Equal([_folder["many/10"], _folder["plain"]], found);
        Assert.Equal([2, 10], BundleFolders.VersionsIn(_folder["many"]));
        Assert.Equal((10, null), (BundleFolders.VersionIn(found[0], _folder.Path), BundleFolders.VersionIn(found[1], _folder.Path)));
    }

    [Fact]
    public void Take_the_version_that_is_asked_for_and_say_where_there_is_none()
    {
        Manifest("one/1", "one/2", "other/1");
        var faults = new List<string>();

        IReadOnlyList<string> found = BundleFolders.In(_folder.Path, new Dictionary<string, int> { ["one"] = 1, ["other"] = 7 }, faults);

        Assert.Equal([_folder["one/1"]], found);
        Assert.Equal(["other: the version 7 is to be served; there are 1."], faults);
    }

    [Fact]
    public void Say_of_every_version_that_is_asked_for_where_no_folder_has_any()
    {
        Manifest("plain", "one/1");
        var faults = new List<string>();

        IReadOnlyList<string> found = BundleFolders.In(_folder.Path, new Dictionary<string, int> { ["plain"] = 2, ["One"] = 1, ["one"] = 1 }, faults);

        Assert.Equal([_folder["one/1"], _folder["plain"]], found);
        Assert.Equal(
            [
                "One: the version 1 is to be served, and there is no folder of that name with versions.",
                "plain: the version 2 is to be served, and there is no folder of that name with versions.",
            ],
            faults);
    }

    [Fact]
    public void Call_a_folder_with_a_manifest_and_versions_a_fault()
    {
        Manifest("both", "both/1", "both/3");
        var faults = new List<string>();

        BundleFolders.In(_folder.Path, faults: faults);

        Assert.StartsWith("both: it has a manifest.json and the versions 1, 3;", Assert.Single(faults));
    }

    [Fact]
    public void Have_no_version_where_a_folder_is_gone()
    {
        Assert.Empty(BundleFolders.VersionsIn(_folder["gone"]));
        Assert.False(BundleFolders.IsUnreadable(_folder["gone"]));
    }

    [Fact]
    public void Leave_a_folder_alone_that_cannot_be_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Permissions do not bind this user.");
        Manifest("plain", "many/1");
        SetMode("many", UnixFileMode.None);
        try
        {
            Assert.Equal([_folder["plain"]], BundleFolders.In(_folder.Path));
            Assert.Equal([_folder["many"]], BundleFolders.UnreadableIn(_folder.Path));
        }
        finally
        {
            SetMode("many", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void SetMode(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder[folder], mode);
        }
    }

    private void Manifest(params string[] folders)
    {
        foreach (string folder in folders)
        {
            Directory.CreateDirectory(_folder[folder]);
            File.WriteAllText(Path.Combine(_folder[folder], ModelBundle.ManifestFile), "{}");
        }
    }
}
