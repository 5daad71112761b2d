using System.Diagnostics;
using System.Text;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Servers;

/// <summary>The server as operators run it: a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly Task<string> _errors;

    /// <summary>Where what ensembles learn goes: not among the user's data.</summary>
    private readonly TemporaryFolder _trust;

    private ServerProcess(Process process, TemporaryFolder trust) => (_process, _errors, _trust) = (process, process.StandardError.ReadToEndAsync(), trust);

    public int Id => _process.Id;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs the server to its end and gives the exit code and what it wrote to its error stream.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> Fail(params string[] arguments)
    {
        await using ServerProcess server = Run(arguments, isAlone: true);
        return await Bounded.Wait(server._process, $"The end of a server that should fail with {string.Join(' ', arguments)}", end => server.EndAsync("", end), Cancellation);
    }

    /// <summary>Runs the server, asks it to end while it starts, and gives the exit code and what it wrote.</summary>
    /// <param name="isReached">Whether what it has written tells that it is time; null: as soon as it opens models.</param>
    /// <param name="arguments">The server's.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> TerminateWhileItStarts(Predicate<string>? isReached, params string[] arguments)
    {
        await using ServerProcess server = Run(arguments, isAlone: true);
        string begun = await Bounded.Wait(server._process, "The moment at which a server that starts is to be ended", end => server.ReachedAsync(isReached, end), Cancellation);
        server.AskToEnd();
        return await Bounded.Wait(server._process, "The end of a server that was asked to end while it starts", end => server.EndAsync(begun, end), Cancellation);
    }

    /// <summary>Runs the server, asks it to end again and again until it does, and gives the exit code and what it wrote to its error stream.</summary>
    /// <param name="reached">Ends when it is time to ask.</param>
    /// <param name="arguments">The server's.</param>
    public static async Task<(int ExitCode, string Errors)> TerminateUntilItEnds(Task reached, params string[] arguments)
    {
        await using ServerProcess server = Run(arguments, isAlone: true);
        return await Bounded.Wait(server._process, "The end of a server that was asked to end again and again", end => server.EndBeforeLongAsync(reached, end), Cancellation);
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
        try
        {
            Uri address = await Bounded.Wait(server._process, $"An address of a server with {string.Join(' ', arguments)}", end => server.AddressAsync(log, end), Cancellation);
            _ = isRead ? server._process.StandardOutput.ReadToEndAsync(CancellationToken.None) : null;
            return (server, new HttpClient { BaseAddress = address });
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the process to end, as an orchestrator does, and gives its exit code.</summary>
    public Task<int> Terminate()
    {
        AskToEnd();
        return Bounded.Wait(_process, "The end of a server that was asked to end", ExitCodeAsync, Cancellation);
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

    /// <summary>Where it listens, once it does.</summary>
    /// <param name="log">Receives what it writes until then; null: not wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    private async Task<Uri> AddressAsync(StringBuilder? log, CancellationToken cancellation)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            log?.AppendLine(line);
            int start = line.IndexOf(Listening, StringComparison.Ordinal);
            if (start >= 0)
            {
                return new Uri(line[(start + Listening.Length)..]);
            }
        }

        throw new InvalidOperationException($"The server ended before it listened: {await _errors.WaitAsync(cancellation)}");
    }

    /// <summary>What it wrote until a moment; see <see cref="TerminateWhileItStarts"/>.</summary>
    private async Task<string> ReachedAsync(Predicate<string>? isReached, CancellationToken cancellation)
    {
        var output = new StringBuilder();
        while (isReached is null && !(await File.ReadAllTextAsync($"/proc/{Id}/maps", cancellation)).Contains("libonnxruntime", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellation);
        }

        while (isReached is not null && !isReached(output.ToString()) && await _process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            output.AppendLine(line);
        }

        return output.ToString();
    }

    /// <summary>Its exit code and what it wrote, once it has ended.</summary>
    /// <param name="begun">What it wrote to its output before.</param>
    /// <param name="cancellation">Ends the wait.</param>
    private async Task<(int ExitCode, string Output, string Errors)> EndAsync(string begun, CancellationToken cancellation)
    {
        string output = begun + await _process.StandardOutput.ReadToEndAsync(cancellation);
        return (await ExitCodeAsync(cancellation), output, await _errors.WaitAsync(cancellation));
    }

    /// <summary>Its exit code and errors, once it has ended; see <see cref="TerminateUntilItEnds"/>.</summary>
    private async Task<(int ExitCode, string Errors)> EndBeforeLongAsync(Task reached, CancellationToken cancellation)
    {
        await reached.WaitAsync(cancellation);
        do
        {
            AskToEnd();
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
        }
        while (!_process.HasExited);

        return (_process.ExitCode, await _errors.WaitAsync(cancellation));
    }

    private async Task<int> ExitCodeAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
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
