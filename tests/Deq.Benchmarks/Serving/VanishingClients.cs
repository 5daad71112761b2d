using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Deq.Testing;

namespace Deq.Benchmarks.Serving;

/// <summary>500 clients of the running server that go away in the middle of their solves, several times, and one after the other.</summary>
/// <remarks>
/// Each request names its trace, and the server's log says by that name when it was called off, by when its place in the queue is free or its row
/// leaves with the evaluation under way, and when all of it was over.
/// </remarks>
internal static class VanishingClients
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- vanish";
    private const string Model = "fashion-mnist";
    private const string Ended = "ended=";
    private const string Left = "left=";
    private const string Trace = "trace=";
    private const int Many = 500;
    private const int Rounds = 5;
    private const int WarmUps = 8;
    private const int Singly = 100;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments) is not { } report)
        {
            return 2;
        }

        VanishRow[] rows = [.. MeasureAsync().GetAwaiter().GetResult()];
        report.Write(Page(rows), rows);
        return 0;
    }

    private static async Task<List<VanishRow>> MeasureAsync()
    {
        var log = new Departures(new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        using ApiProcess server = ApiProcess.Start(
            Repository.Folder("models"),
            line => Note(log, line),
            "--Engine:Threads=2",
            "--Engine:RowsPerThread=8",
            "--Engine:QueueCapacity=1000",
            "--Limits:ClientRequests=10000",
            "--Logging:LogLevel:Deq.Api.Requests=Debug");
        LoadRequest request = new LoadMix(seed: 7).Endless().First() with { Tolerance = 1e-5, MaxEvaluations = 100, DeadlineMs = 10_000 };
        var driver = new LoadDriver(server, Model);
        await driver.CapacityAsync(new LoadMix(seed: 8), clients: 32, TimeSpan.FromSeconds(6));
        for (int round = 0; round < WarmUps; round++)
        {
            await RoundAsync(server, request, log);
        }

        var singly = new List<double>();
        for (int i = 0; i < Singly; i++)
        {
            Client[] one = Send(server, request, 1);
            await UntilAsync(server, state => state.Running > 0);
            HangUp(one);
            singly.Add(await SeenFreeAsync(server));
        }

        var rows = new List<VanishRow>();
        for (int round = 0; round < Rounds; round++)
        {
            VanishRow row = await RoundAsync(server, request, log);
            rows.Add(row with { SinglyP50Ms = Quantiles.Of(singly, 0.5), SinglyP99Ms = Quantiles.Of(singly, 0.99) });
        }

        return rows;
    }

    private static async Task<VanishRow> RoundAsync(ApiProcess server, LoadRequest request, Departures log)
    {
        Client[] all = Send(server, request, Many);

        // In the middle of their solves: nine in ten have arrived and the first have not been answered.
        EngineState before = await UntilAsync(server, state => state.Running == state.Capacity && state.Running + state.Waiting >= Many * 9 / 10, s_pause);
        HangUp(all);
        double seenFree = await SeenFreeAsync(server);
        SpinWait.SpinUntil(() => all.All(client => log.Ended.ContainsKey(client.Trace)), TimeSpan.FromSeconds(10));

        // A few may have been answered before the connections ended.
        Client[] vanished = [.. all.Where(client => log.Ended.TryGetValue(client.Trace, out DateTime end) && end > client.Closed)];
        double[] each = [.. vanished.Select(client => (log.Ended[client.Trace] - client.Closed).TotalMilliseconds)];
        double[] rows = [.. vanished.Where(client => log.Left.ContainsKey(client.Trace)).Select(client => (log.Left[client.Trace] - client.Closed).TotalMilliseconds)];
        DateTime last = all.Max(client => client.Closed);
        Client[] next = Send(server, request, 4 * before.Capacity);
        EngineState after = await UntilAsync(server, state => state.Running == state.Capacity);
        HangUp(next);
        await SeenFreeAsync(server);
        return new VanishRow(
            vanished.Length, before.Running, before.Waiting, (last - all.Min(client => client.Closed)).TotalMilliseconds,
            Quantiles.Of(rows, 0.5), Quantiles.Of(rows, 0.99), Quantiles.Of(rows, 1), Quantiles.Of(each, 0.5), Quantiles.Of(each, 0.99), Quantiles.Of(each, 1),
            (vanished.Max(client => log.Ended[client.Trace]) - last).TotalMilliseconds, seenFree, 0, 0, after.EvaluationMs, after.Capacity, after.Running);
    }

    /// <summary>Takes the time of a line such as <c>left=2026-01-01T00:00:00.0000000Z trace=…</c>.</summary>
    private static void Note(Departures log, string line)
    {
        Take(Ended, log.Ended);
        Take(Left, log.Left);

        void Take(string name, ConcurrentDictionary<string, DateTime> times)
        {
            int at = line.IndexOf(name, StringComparison.Ordinal);
            int trace = line.IndexOf(Trace, StringComparison.Ordinal);
            if (at >= 0 && trace > at && DateTime.TryParse(
                line.AsSpan(at + name.Length, trace - at - name.Length), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTime time))
            {
                times[line[(trace + Trace.Length)..].Trim()] = time;
            }
        }
    }

    /// <summary>Asks until the engine is in some state, for ten seconds at most, and gives the last state seen.</summary>
    private static async Task<EngineState> UntilAsync(ApiProcess server, Predicate<EngineState> isSo, TimeSpan pause = default)
    {
        long start = Stopwatch.GetTimestamp();
        EngineState state = await server.StateAsync(Model);
        while (!isSo(state) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10))
        {
            await Task.Delay(pause);
            state = await server.StateAsync(Model);
        }

        return state;
    }

    private static async Task<double> SeenFreeAsync(ApiProcess server)
    {
        long start = Stopwatch.GetTimestamp();
        await UntilAsync(server, state => state is { Running: 0, Waiting: 0 });
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void HangUp(Client[] clients)
    {
        foreach (Client client in clients)
        {
            client.Closed = DateTime.UtcNow;
            client.Socket.Dispose();
        }
    }

    private static Client[] Send(ApiProcess server, LoadRequest request, int clients) => [.. Enumerable.Range(0, clients).Select(_ =>
    {
        var client = new Client(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }, Guid.NewGuid().ToString("N"));
        client.Socket.Connect(server.Address.Host, server.Address.Port);
        client.Socket.Send(Raw(server, request, client.Trace));
        return client;
    })];

    private static byte[] Raw(ApiProcess server, LoadRequest request, string trace)
    {
        using HttpRequestMessage message = LoadDriver.Message(Model, request);
        string head = $"POST {message.RequestUri} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: application/octet-stream\r\n"
            + $"traceparent: 00-{trace}-{trace[..16]}-00\r\nX-Tensor-Shape: {LoadMix.Shape}\r\nContent-Length: {request.Body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. request.Body];
    }

    private static string Page(VanishRow[] rows)
    {
        var page = new StringBuilder();
        page.AppendLine("# Clients that vanish in the middle of their solves").AppendLine();
        page.AppendLine($"`{Command} --json docs/results/vanish.json --markdown docs/results/vanish.md`").AppendLine();
        page.AppendLine(
            $"{Many} clients of the built server, each with a connection and a long solve on the shipped classifier, close them one right after the other once nine in ten "
            + $"are in the engine; five rounds. Two engine threads, eight rows each; clients and server share {Environment.ProcessorCount} processors. Row: from a connection's own "
            + "end until the server had called its request off, by the server's log: what waited is out of the queue by then, and what ran leaves its row after the evaluation under "
            + "way. Request: until all of the request was over. Free: the same for the last of them, from the last connection's end. Seen: until another client, whose question waits "
            + "behind all of this, was told that no row was solved and nothing waited.").AppendLine();
        page.AppendLine("| clients | running, waiting before | closing ms | row p50 ms | row p99 ms | row at most ms | request p50 ms | request p99 ms | request at most ms | free ms | seen ms | "
            + "one evaluation ms | rows that ran afterwards, of |");
        page.AppendLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (VanishRow row in rows)
        {
            page.AppendLine(
                $"| {row.Clients} | {row.RunningBefore}, {row.WaitingBefore} | {row.ClosingMs:F1} | {row.RowP50Ms:F1} | {row.RowP99Ms:F1} | {row.RowMostMs:F1} | {row.EachP50Ms:F1} | {row.EachP99Ms:F1} | {row.EachMostMs:F1} | {row.FreeAfterMs:F1} | "
                + $"{row.SeenFreeAfterMs:F1} | {row.EvaluationMs:F2} | {row.RunningAfter}, {row.Capacity} |");
        }

        page.AppendLine().AppendLine(
            $"One client after the other, {Singly} times, each alone: seen free after {rows[0].SinglyP50Ms:F1} ms (p50), {rows[0].SinglyP99Ms:F1} ms (p99).");
        return page.ToString();
    }

    /// <summary>What the log says of requests, by the names of their traces.</summary>
    /// <param name="Left">When the server had called off what an engine did for a client that had gone.</param>
    /// <param name="Ended">When the request had ended.</param>
    private sealed record Departures(ConcurrentDictionary<string, DateTime> Left, ConcurrentDictionary<string, DateTime> Ended);

    /// <summary>A connection with one request under way.</summary>
    private sealed class Client(Socket socket, string trace)
    {
        public Socket Socket => socket;

        public string Trace => trace;

        /// <summary>When its end began, by the clock that the server's log uses too.</summary>
        public DateTime Closed { get; set; }
    }
}
