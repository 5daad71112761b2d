using System.Text.Json;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

/// <summary>The commands of the section on TLS, which begin with a certificate and a server of their own.</summary>
public sealed class TlsGuideSpecs : IAsyncLifetime
{
    private const string Address = "https://localhost:8443";

    private readonly GuideServer _guide = new();
    private readonly TemporaryFolder _models = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _guide.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _guide.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task Make_a_certificate_serve_with_it_and_answer_what_is_printed()
    {
        Assert.SkipUnless(File.Exists("/bin/bash") && File.Exists("/usr/bin/openssl"), "There is no bash or no openssl here.");
        string page = await File.ReadAllTextAsync(Repository.Folder("docs", "operations.md"), Cancellation);
        IReadOnlyList<GuideBlock> blocks = GuideBlock.Of(page.Split("\n## TLS\n")[1].Split("\n## ")[0]);
        string[] start = blocks[0].Text.Split('\n');
        GuideBlock call = blocks[1];

        TinyBundle.Write(_models["tiny"]);
        await _guide.RunAsync("/bin/bash", "-ec", start[0]);
        string folder = (await _guide.RunAsync("/bin/bash", "-ec", "pwd")).Trim();
        using var port = new FreePort();
        (ServerProcess server, HttpClient client) = await ServerProcess.Start(
        [
            $"--Models:Directory={_models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1",
            .. start[1].Split(" -- ")[1].Replace(":8443", ":0", StringComparison.Ordinal).Replace(":8444", $":{port.Release()}", StringComparison.Ordinal).Replace("Path=", $"Path={folder}/", StringComparison.Ordinal).Split(' '),
        ]);
        await using ServerProcess ended = server;
        string answer = await _guide.RunAsync("/bin/bash", "-ec", call.Text.Replace(Address, $"https://localhost:{client.BaseAddress!.Port}", StringComparison.Ordinal));
        client.Dispose();

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(call.Answer!), JsonElement.Parse(answer)), answer);
    }
}
