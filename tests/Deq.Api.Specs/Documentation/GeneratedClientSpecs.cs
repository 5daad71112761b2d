using System.Diagnostics;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

/// <summary>Clients that generators make of the API document.</summary>
public sealed class GeneratedClientSpecs : IDisposable
{
    private const int NotAtHand = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 1_800_000)]
    public async Task Compile_as_nswag_kiota_and_openapi_typescript_make_them()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        await File.WriteAllTextAsync(_folder["api.json"], await client.GetStringAsync("/swagger/v1/swagger.json", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", [Repository.Folder("tests", "generated-clients.sh"), _folder["api.json"]])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        await using CancellationTokenRegistration late = TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true));
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.SkipWhen(process.ExitCode == NotAtHand, output);
        Assert.True(process.ExitCode == 0, output);
        Assert.Equal(["NSwag: compiles", "Kiota: compiles", "openapi-typescript: compiles"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
