using System.Diagnostics;
using System.Text;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Servers;

/// <summary>The server as operators run it: a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    /// <summary>Until a server that should fail is taken to run.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _errors;

    /// <summary>Where what ensembles learn goes: not among the user's data.</summary>
    private readonly TemporaryFolder _trust;

    private ServerProcess(Process process, TemporaryFolder trust) => (_process, _errors, _trust) = (process, process.StandardError.ReadToEndAsync(), trust);

    public int Id => _process.Id;

    /// <summary>Runs the server to its end and gives the exit code and what it wrote to its error stream.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> Fail(params string[] arguments)
    {
        await using ServerProcess server = Run(arguments, isAlone: true);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        string output = await server._process.StandardOutput.ReadToEndAsync(patience.Token);
        await server._process.WaitForExitAsync(patience.Token);
        return (server._process.ExitCode, output, await server._errors);
    }

    /// <summary>Runs the server, asks it to end while it starts, and gives the exit code and what it wrote.</summary>
    /// <param name="isReached">Whether what it has written tells that it is time; null: as soon as it opens models.</param>
    /// <param name="arguments">The server's.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> TerminateWhileItStarts(Predicate<string>? isReached, params string[] arguments)
    {
        await using ServerProcess server = Run(arguments, isAlone: true);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        var output = new StringBuilder();
        while (isReached is null && !(await File.ReadAllTextAsync($"/proc/{server.Id}/maps", patience.Token)).Contains("libonnxruntime", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        }

        while (isReached is not null && !isReached(output.ToString()) && await server._process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            output.AppendLine(line);
        }

        server.AskToEnd();
        output.Append(await server._process.StandardOutput.ReadToEndAsync(patience.Token));
        await server._process.WaitForExitAsync(patience.Token);
        return (server._process.ExitCode, output.ToString(), await server._errors);
    }

    /// <summary>Runs the server on a free port until it listens, and gives a client for it.</summary>
    public static Task<(ServerProcess Server, HttpClient Client)> Start(params string[] arguments) => Start(isRead: true, arguments);

    /// <summary>As <see cref="Start(string[])"/>, with what the server wrote before it listened.</summary>
    public static async Task<(ServerProcess Server, HttpClient Client, string Log)> StartAndKeepLog(params string[] arguments)
    {
        var log = new StringBuilder();
        (ServerProcess server, HttpClient client) = await Start(isRead: true, arguments, log: log);
        return (server, client, log.ToString());
    }

    /// <summary>As <see cref="Start(string[])"/>, but nothing reads what the server writes from then on.</summary>
    public static Task<(ServerProcess Server, HttpClient Client)> StartUnread(params string[] arguments) => Start(isRead: false, arguments);

    /// <summary>As <see cref="Start(string[])"/>, for a process that may open only so many descriptors.</summary>
    public static Task<(ServerProcess Server, HttpClient Client)> StartWithin(int descriptors, params string[] arguments) => Start(isRead: true, arguments, descriptors);

    private static async Task<(ServerProcess Server, HttpClient Client)> Start(bool isRead, string[] arguments, int? descriptors = null, StringBuilder? log = null)
    {
        ServerProcess server = Run(["--urls", "http://127.0.0.1:0", .. arguments], descriptors);
        while (await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            log?.AppendLine(line);
            int start = line.IndexOf(Listening, StringComparison.Ordinal);
            if (start >= 0)
            {
                _ = isRead ? server._process.StandardOutput.ReadToEndAsync(CancellationToken.None) : null;
                return (server, new HttpClient { BaseAddress = new Uri(line[(start + Listening.Length)..]) });
            }
        }

        string errors = await server._errors;
        await server.DisposeAsync();
        throw new InvalidOperationException($"The server ended before it listened: {errors}");
    }

    /// <summary>Asks the process to end, as an orchestrator does, and gives its exit code.</summary>
    public async Task<int> Terminate()
    {
        AskToEnd();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    private void AskToEnd()
    {
        using Process kill = Process.Start("kill", ["-TERM", Id.ToString()]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _trust.Dispose();
    }

    private static ServerProcess Run(string[] arguments, int? descriptors = null, bool isAlone = false)
    {
        var trust = new TemporaryFolder();
        string[] command = [typeof(Program).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(descriptors is null ? "dotnet" : "sh", descriptors is null ? command : ["-c", $"ulimit -n {descriptors}; exec dotnet \"$@\"", "sh", .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string variable in new[] { "ORT_DISABLE_TELEMETRY", "ASPNETCORE_URLS", "ASPNETCORE_ENVIRONMENT" })
        {
            start.Environment.Remove(variable);
        }

        start.Environment["Ensembles__Database"] = trust["trust.db"];
        if (isAlone)
        {
            // The user's own may hold a certificate for developers, with which a server that should fail for want of one would start.
            start.Environment["HOME"] = trust.Path;
        }

        return new ServerProcess(Process.Start(start)!, trust);
    }
}
