using System.Diagnostics;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

/// <summary>The server over the shipped models, and a folder in which what guides show is run, with the documents in it.</summary>
public sealed class GuideServer : IAsyncLifetime
{
    /// <summary>Longer than any program of the guides takes on a busy machine, packages brought over the network included.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(20);

    private readonly TemporaryFolder _folder = new();
    private ServerProcess? _server;
    private HttpClient? _client;
    private FolderServer? _pages;
    private string _rpc = "";

    /// <summary>Where the folder is served to browsers: an origin whose pages may read the server's answers.</summary>
    public Uri Pages => _pages!.Address;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateSymbolicLink(_folder["docs"], Repository.Folder("docs"));
        Directory.CreateSymbolicLink(_folder["Deq.Api"], Repository.Folder("Deq.Api"));
        File.Copy(Repository.Folder("README.md"), _folder["README.md"]);
        _pages = await FolderServer.Start(_folder.Path);
        using var port = new FreePort();
        _rpc = $"127.0.0.1:{port.Release()}";
        (_server, _client) = await ServerProcess.Start(
            $"--Models:Directory={Repository.Folder("models")}", $"--Ensembles:Database={_folder["trust.db"]}", $"--OpenInference:GrpcUrl=http://{_rpc}",
            $"--AllowedOrigins={Pages.GetLeftPart(UriPartial.Authority)}");
    }

    /// <summary>What a guide prints, with the addresses at which this server listens.</summary>
    public string Aimed(string text) => text
        .Replace("127.0.0.1:8080", _client!.BaseAddress!.Authority, StringComparison.Ordinal)
        .Replace("127.0.0.1:8001", _rpc, StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_pages?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    /// <summary>Puts a file into the folder. Returns its path.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    /// <summary>Runs a program in the folder to its end and gives what it wrote.</summary>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await TryAsync(program, arguments);
        Assert.True(exitCode == 0, $"{string.Join(' ', arguments)}\n{output}\n{errors}");
        return output;
    }

    /// <summary>As <see cref="RunAsync"/>, for a program that may fail.</summary>
    /// <exception cref="OperationCanceledException">It did not end on its own, as when the server hangs.</exception>
    public async Task<(int ExitCode, string Output, string Errors)> TryAsync(string program, params string[] arguments)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_longest);
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,

            // The SDK's first run would leave a certificate in the user's store, and its compiler would stay and keep the output open.
            Environment = { ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false", ["UseSharedCompilation"] = "false", ["MSBUILDDISABLENODEREUSE"] = "1" },
        })!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            string output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
