using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Deq.Benchmarks.Serving;

/// <summary>The server as operators run it: the built Deq.Api as a process of its own, on a free port of the loopback address.</summary>
internal sealed class ApiProcess : IDisposable
{
    /// <summary>What a server says on a line before its address.</summary>
    public const string Listening = "Now listening on: ";

    private readonly Process _process;

    private ApiProcess(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        Client = NewClient();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>What the process has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes of memory that the process has at the moment.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most bytes of memory that the process has had at one time.</summary>
    public long PeakResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Whether the process has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>For all requests of a load; as many connections as requests under way.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts the server and waits until it listens.</summary>
    /// <param name="models">The folder of bundles.</param>
    /// <param name="settings">Further settings, as on its command line.</param>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public static ApiProcess Start(string models, params string[] settings) => Start(models, null, settings);

    /// <summary>As above, and tells every line of the server's log.</summary>
    public static ApiProcess Start(string models, Action<string>? log, params string[] settings) => Launch(Arguments(models, settings), log);

    /// <summary>Starts the server from a shell that first runs a line, which may set what the server is to find.</summary>
    public static ApiProcess StartFrom(string line, string models, params string[] settings) =>
        Launch("/bin/sh", ["-c", $"{line} && exec dotnet \"$@\"", "sh", .. Arguments(models, settings)], log: null);

    /// <summary>Starts any server that says where it listens as this one does.</summary>
    /// <param name="arguments">Its assembly, then its own arguments.</param>
    /// <param name="log">Told every line that it writes afterwards.</param>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public static ApiProcess Launch(IReadOnlyList<string> arguments, Action<string>? log = null) => Launch("dotnet", arguments, log);

    private static string[] Arguments(string models, string[] settings)
    {
        // artifacts/bin/Deq.Benchmarks/release has a neighbour artifacts/bin/Deq.Api/release.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        string server = Path.Combine(here.Parent!.Parent!.FullName, "Deq.Api", here.Name, "Deq.Api.dll");
        return [server, "--urls", "http://127.0.0.1:0", $"--Models:Directory={models}", .. settings];
    }

    private static ApiProcess Launch(string program, IReadOnlyList<string> arguments, Action<string>? log)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        Process process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            int place = line.IndexOf(Listening, StringComparison.Ordinal);
            if (place >= 0)
            {
                // Its log goes on, and must not fill the pipe. On a thread of its own, which sleeps in between: those of the pool would spin.
                new Thread(() => Follow(process.StandardOutput, log)) { IsBackground = true }.Start();
                return new ApiProcess(process, new Uri(line[(place + Listening.Length)..].Trim()));
            }
        }

        process.WaitForExit();
        throw new InvalidOperationException($"The server ended with {process.ExitCode} before it listened.");
    }

    /// <summary>A client with connections of its own.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30), UseProxy = false })
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>What the server says of a model's engine.</summary>
    public async Task<EngineState> StateAsync(string model)
    {
        using var json = JsonDocument.Parse(await Client.GetByteArrayAsync($"/api/v1/models/{model}/stats"));
        JsonElement engine = json.RootElement.GetProperty("engine");
        return new EngineState(
            engine.GetProperty("waiting").GetInt32(),
            engine.GetProperty("running").GetInt32(),
            engine.GetProperty("capacity").GetInt32(),
            1000 * engine.GetProperty("secondsPerEvaluation").GetDouble());
    }

    /// <summary>Asks it to end, as an orchestrator does, and waits for that: the exit code and the time it took.</summary>
    public (int ExitCode, TimeSpan Time) Terminate()
    {
        long begun = Stopwatch.GetTimestamp();
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        _process.WaitForExit();
        return (_process.ExitCode, Stopwatch.GetElapsedTime(begun));
    }

    private static void Follow(StreamReader output, Action<string>? log)
    {
        if (log is null)
        {
            output.BaseStream.CopyTo(Stream.Null);
            return;
        }

        while (output.ReadLine() is { } line)
        {
            log(line);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>What an engine does at the moment.</summary>
/// <param name="Waiting">Requests that wait.</param>
/// <param name="Running">Rows being solved.</param>
/// <param name="Capacity">The most rows.</param>
/// <param name="EvaluationMs">What one evaluation of one thread's rows takes.</param>
internal sealed record EngineState(int Waiting, int Running, int Capacity, double EvaluationMs);
