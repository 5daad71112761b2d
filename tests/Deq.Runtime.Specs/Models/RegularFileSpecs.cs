using Deq.Runtime.Models;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Models;

public sealed class RegularFileSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_read_directly_and_by_a_link()
    {
        File.WriteAllText(_folder["file"], "text");
        string[] paths = OperatingSystem.IsWindows() ? [_folder["file"]] : [_folder["file"], File.CreateSymbolicLink(_folder["link"], "file").FullName];

        Assert.All(paths, path => Assert.Equal("text", RegularFile.ReadAllText(path)));
        Assert.All(paths, path => Assert.Equal("text"u8.ToArray(), RegularFile.ReadAllBytes(path)));
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("link")]
    [InlineData("empty")]
    [InlineData("folder")]
    public async Task What_is_empty_or_no_file_is_refused_and_not_waited_for(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        _folder.MakePipe("pipe");
        File.CreateSymbolicLink(_folder["link"], "pipe");
        File.WriteAllText(_folder["empty"], "");
        Directory.CreateDirectory(_folder["folder"]);

        Task<Exception?[]> reading = Task.Factory.StartNew(
            () => new[] { Record.Exception(() => RegularFile.ReadAllText(_folder[name])), Record.Exception(() => RegularFile.ReadAllBytes(_folder[name])) },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Exception?[] refusals = await reading.WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.All(refusals, refusal => Assert.Equal("it is empty or no file.", Assert.IsType<IOException>(refusal).Message));
    }

    [Fact]
    public void One_that_is_missing_is_refused_by_its_name() =>
        Assert.Contains("missing", Assert.Throws<FileNotFoundException>(() => RegularFile.ReadAllText(_folder["missing"])).Message, StringComparison.Ordinal);
}
