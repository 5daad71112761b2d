using Deq.Api.Settings;
using Deq.Testing;

namespace Deq.Api.Specs.Settings;

public sealed class DataFolderSpecs
{
    [Fact]
    public void Is_the_same_whether_it_exists_or_not()
    {
        string name = $"{Guid.NewGuid():N}";

        string? found = DataFolder.Find(name);

        Assert.EndsWith(Path.Combine("deq", name), found, StringComparison.Ordinal);
        Assert.Equal(found, DataFolder.Require(name, "Models:CacheDirectory"));
    }

    [Fact]
    public void Is_all_that_the_server_asks_the_system_for()
    {
        string[] asking =
        [
            .. Directory.EnumerateFiles(Repository.Folder("Deq.Api"), "*.cs", SearchOption.AllDirectories)
                .Where(file => File.ReadAllText(file) is var text && (text.Contains("GetFolderPath(", StringComparison.Ordinal) || text.Contains("GetTempPath(", StringComparison.Ordinal)))
                .Select(file => Path.GetFileName(file)),
        ];

        Assert.Equal(["DataFolder.cs"], asking);
        Assert.Contains("SpecialFolderOption.DoNotVerify", File.ReadAllText(Repository.Folder("Deq.Api", "Settings", "DataFolder.cs")), StringComparison.Ordinal);
    }
}
