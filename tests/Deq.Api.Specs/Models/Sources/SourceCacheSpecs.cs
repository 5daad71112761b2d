using Deq.Api.Models.Sources;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SourceCacheSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    public SourceCacheSpecs() => _clock.Advance(TimeSpan.FromDays(739_000));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Deletes_at_start_what_was_left_of_fetching_an_hour_ago_and_nothing_else()
    {
        string left = Begun($".{Guid.NewGuid():N}", TimeSpan.FromHours(2));
        string[] kept =
        [
            Begun($".{Guid.NewGuid():N}", TimeSpan.FromMinutes(59)), Begun(".hidden", TimeSpan.FromHours(2)), Begun(new string('a', 64), TimeSpan.FromHours(2)),
        ];
        string growing = Begun($".{Guid.NewGuid():N}", TimeSpan.FromHours(2));
        File.SetLastWriteTimeUtc(Path.Combine(growing, "cell.onnx"), Ago(TimeSpan.FromMinutes(1)));

        _ = new SourceCache(
            AllSettings.Read(
                ("Models:CacheDirectory", _folder.Path), ("Models:Sources:far:Address", "https://models.example/far"), ("Models:Sources:far:Sha256", new string('a', 64))).Of<SourceSettings>(),
            new HostingEnvironment { ContentRootPath = _folder.Path }, _clock, NullLogger<SourceCache>.Instance);

        Assert.False(Directory.Exists(left));
        Assert.All([.. kept, growing], folder => Assert.True(Directory.Exists(folder), folder));
    }

    private string Begun(string name, TimeSpan age)
    {
        string folder = Directory.CreateDirectory(_folder[name]).FullName;
        File.WriteAllText(Path.Combine(folder, "cell.onnx"), "x");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "cell.onnx"), Ago(age));
        Directory.SetLastWriteTimeUtc(folder, Ago(age));
        return folder;
    }

    private DateTime Ago(TimeSpan age) => _clock.GetUtcNow().UtcDateTime - age;
}
