using Deq.Api.Settings;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Settings;

public sealed class SettingsFilesSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("appsettings.json")]
    [InlineData("appsettings.Other.json")]
    [InlineData("tool.settings.json")]
    [InlineData("tool.settings.Other.json")]
    public void Are_refused_by_their_paths_where_they_are_empty_or_folders(string name)
    {
        File.WriteAllText(_folder[name], "");
        StartupException empty = Assert.Throws<StartupException>(Check);
        File.Delete(_folder[name]);
        Directory.CreateDirectory(_folder[name]);
        StartupException folder = Assert.Throws<StartupException>(Check);

        Assert.All([empty, folder], refusal => Assert.Equal($"Settings cannot be read from {_folder[name]}: it is empty or no file.", Assert.Single(refusal.Faults)));
    }

    [Fact]
    public void Are_taken_where_they_are_files_or_missing()
    {
        Check();
        File.WriteAllText(_folder["appsettings.json"], "{}");
        Directory.CreateDirectory(_folder["appsettings.Production.json"]);

        Assert.Null(Record.Exception(Check));
    }

    private void Check() => SettingsFiles.Check([$"--contentRoot={_folder.Path}", "--environment=Other", "--applicationName=tool"]);
}
