using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Deq.Testing;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>What one client's attacks cost another, what clients that hang up leave behind, and how soon the server stops.</summary>
internal static partial class FairnessResults
{
    /// <summary>The address from which attacks come.</summary>
    public const string Attacker = "127.0.0.2";

    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- fairness";
    private const string Other = "127.0.0.3";
    private const string Probe = "127.0.0.4";
    private const int Questions = 150;
    private const int Clients = 10_000;

    private static readonly string[] s_stops = ["none", "idle connections", "half a head", "half an upload", "an open socket", "a solve under way"];

    public static int Run(string[] arguments)
    {
        if (arguments is [AttackingProcess.Option, string attack, string server])
        {
            return AttackingProcess.Run(attack, new Uri(server));
        }

        if (Report.Read(arguments, "--attack") is not { } report)
        {
            return 2;
        }

        FairnessRow[] attacks = [.. AttackAsync(report["--attack"]).GetAwaiter().GetResult()];
        if (report["--attack"] is not null)
        {
            Console.WriteLine(string.Join('\n', attacks.Select(row => Line(row, attacks[0].P99Ms) + string.Join("; ", row.Failures))));
            return 0;
        }

        HangUpRow hangUps = HangUpAsync().GetAwaiter().GetResult();
        StopRow[] stops = [.. s_stops.Select(clients => StopAsync(clients).GetAwaiter().GetResult())];
        report.Write(Page(attacks, hangUps, stops), new { attacks, hangUps, stops });
        return 0;
    }

    /// <param name="only">The name of an attack begins so; null for all.</param>
    private static async Task<List<FairnessRow>> AttackAsync(string? only)
    {
        var rows = new List<FairnessRow>();
        using ApiProcess server = ApiProcess.Start(Repository.Folder("models"));
        await MeasureAsync(server, null, Questions / 5);
        foreach (Attack? attack in (Attack?[])[null, .. Attack.All.Where(attack => attack.Name.StartsWith(only ?? "", StringComparison.Ordinal)), null])
        {
            rows.Add(await MeasureAsync(server, attack, Questions));
        }

        return rows;
    }

    private static async Task<FairnessRow> MeasureAsync(ApiProcess server, Attack? attack, int questions)
    {
        byte[] picture = AttackImages.Noise(28, 28, 3);
        using HttpClient other = new ClientAddress(server.Address, Other).NewClient();
        using HttpClient probe = new ClientAddress(server.Address, Probe).NewClient();
        IDisposable? attacking = attack is null ? null : AttackingProcess.Start(attack, server.Address);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Task<SmallAnswer[]> asking = SmallQuestions.AskAsync(other, Classification, questions);
        SmallAnswer[] live = await SmallQuestions.AskAsync(probe, () => new HttpRequestMessage(HttpMethod.Get, "/healthz/live"), questions);
        SmallAnswer[] answers = await asking;
        double[] times = [.. answers.Select(answer => answer.Milliseconds)];
        double[] liveTimes = [.. live.Select(answer => answer.Milliseconds)];
        attacking?.Dispose();
        await Task.Delay(TimeSpan.FromSeconds(2));
        return new FairnessRow
        {
            Attack = attack?.Name ?? "none",
            Asked = questions,
            Refused = times.Count(double.IsInfinity),
            Failures = [.. answers.Concat(live).Select(answer => answer.Failure).OfType<string>().Distinct()],
            P50Ms = Quantiles.Of(times, 0.5),
            P99Ms = Quantiles.Of(times, 0.99),
            LiveP50Ms = Quantiles.Of(liveTimes, 0.5),
            LiveP99Ms = Quantiles.Of(liveTimes, 0.99),
            HeldBytesAfter = await HeldBytesAsync(server),
        };

        HttpRequestMessage Classification()
        {
            var content = new ByteArrayContent(picture);
            content.Headers.ContentType = new("image/png");
            return new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/fashion-mnist/classify") { Content = content };
        }
    }

    private static async Task<HangUpRow> HangUpAsync()
    {
        int traces = 0;
        int warnings = 0;
        using ApiProcess server = ApiProcess.Start(Repository.Folder("models"), line =>
        {
            traces += line.StartsWith("         at ", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal) ? 1 : 0;
            warnings += line.StartsWith("warn:", StringComparison.Ordinal) || line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal) ? 1 : 0;
        });
        await HangUps.RunAsync(new ClientAddress(server.Address, Attacker), Clients);
        await Task.Delay(TimeSpan.FromSeconds(3));
        EngineState classifier = await server.StateAsync("fashion-mnist");
        EngineState flow = await server.StateAsync("flow");
        return new HangUpRow
        {
            Clients = Clients,
            StackTraceLines = traces,
            WarningLines = warnings,
            HeldBytesAfter = await HeldBytesAsync(server),
            RowsAfter = classifier.Running + classifier.Waiting + flow.Running + flow.Waiting,
        };
    }

    private static async Task<StopRow> StopAsync(string clients)
    {
        using ApiProcess server = ApiProcess.Start(Repository.Folder("models"));
        var client = new ClientAddress(server.Address, Attacker);
        List<Socket> sockets = [];
        byte[] picture = AttackImages.Noise(64, 64, 1);
        byte[][] sent = clients switch
        {
            "idle connections" => [.. Enumerable.Repeat(client.Head("GET", "/healthz/live", "text/plain", 0), 50)],
            "half a head" => ["POST /api/v1/mod"u8.ToArray()],
            "half an upload" => [[.. client.Head("POST", "/api/v1/models/fashion-mnist/classify", "image/png", 1_000_000), .. new byte[900_000]]],
            "a solve under way" => [[.. client.Head("POST", "/api/v1/models/fashion-mnist/classify?tolerance=1e-6&maxEvaluations=1000&deadlineMs=60000", "image/png", picture.Length), .. picture]],
            "an open socket" => [client.Head("GET", await StreamAsync(server) + "/ws", "text/plain", 0,
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")],
            _ => [],
        };
        foreach (byte[] bytes in sent)
        {
            sockets.Add(await client.ConnectAsync());
            await sockets[^1].SendAsync(bytes);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(clients == "a solve under way" ? 20 : 500));
        (int exitCode, TimeSpan time) = server.Terminate();
        sockets.ForEach(socket => socket.Dispose());
        return new StopRow { Clients = clients, ExitCode = exitCode, Seconds = time.TotalSeconds };
    }

    private static async Task<string> StreamAsync(ApiProcess server)
    {
        using var content = new StringContent("""{"model":"flow"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync("/api/v1/streams", content);
        return response.EnsureSuccessStatusCode().Headers.Location!.ToString();
    }

    private static async Task<double> HeldBytesAsync(ApiProcess server) =>
        double.Parse(HeldBytes().Match(await server.Client.GetStringAsync("/metrics")).Groups["bytes"].Value, CultureInfo.InvariantCulture);

    private static string Page(FairnessRow[] attacks, HangUpRow hangUps, StopRow[] stops)
    {
        var page = new StringBuilder();
        page.AppendLine("# One client against another").AppendLine();
        page.AppendLine($"`{Command} --json docs/results/fairness.json --markdown docs/results/fairness.md`").AppendLine();
        page.AppendLine(
            $"One address of the loopback network attacks the built server with default settings; another asks `fashion-mnist` one small question every 100 ms, {Questions} times; a third asks "
            + $"whether the server is alive. Attacker, clients and server are three processes that share {Environment.ProcessorCount} processors, so the first row is the attacker's absence, not its fair share.").AppendLine();
        page.AppendLine("| attack | connections | not answered, of | p50 ms | p99 ms | p99, times without | alive p50 ms | p99 ms | bytes held afterwards |").AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        double quiet = attacks.Where(row => row.Attack == "none").Select(row => row.P99Ms).Min();
        foreach (FairnessRow row in attacks)
        {
            page.AppendLine(Line(row, quiet));
        }

        foreach (FairnessRow row in attacks.Where(row => row.Failures.Count > 0))
        {
            page.AppendLine().AppendLine($"Not answered during \"{row.Attack}\": {string.Join("; ", row.Failures)}.");
        }

        page.AppendLine().AppendLine(CultureInfo.InvariantCulture,
            $"{hangUps.Clients} clients hung up at any moment on eight endpoints: {hangUps.StackTraceLines} lines of stack traces and {hangUps.WarningLines} warnings in the log; afterwards "
            + $"{hangUps.HeldBytesAfter:F0} bytes were held and {hangUps.RowsAfter} rows solved or waiting.").AppendLine();
        page.AppendLine("| at SIGTERM | exit code | seconds to the end |").AppendLine("|---|--:|--:|");
        foreach (StopRow row in stops)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Clients} | {row.ExitCode} | {row.Seconds:F2} |");
        }

        return page.ToString();
    }

    private static string Line(FairnessRow row, double quiet) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {row.Attack} | {Attack.All.FirstOrDefault(attack => attack.Name == row.Attack)?.Connections ?? 0} | {row.Refused}, {row.Asked} | {row.P50Ms:F1} | {row.P99Ms:F1} | {row.P99Ms / quiet:F1} "
        + $"| {row.LiveP50Ms:F1} | {row.LiveP99Ms:F1} | {row.HeldBytesAfter:F0} |");

    [GeneratedRegex(@"^deq_held_bytes(?:\{[^}]*\})? (?<bytes>[0-9.eE+]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeldBytes();
}
