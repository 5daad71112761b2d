using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Deq.Benchmarks.Serving.Fairness;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Changed requests to every front, over all models that ship: bodies, heads, and calls of gRPC.</summary>
internal static class Mutations
{
    private const int Clients = 8;

    /// <summary>Of a deadline that cannot be kept, and of a version of HTTP that a changed head may come to name.</summary>
    private const int Unreachable = 503, OtherVersion = 505;

    /// <summary>The second round finds caches and pools as large as they get.</summary>
    private const int Rounds = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int requests = (int)(10_000 * scale);
        using var folder = new TemporaryFolder();
        using var port = new FreePort();
        var rpc = new Uri($"http://127.0.0.1:{port.Release()}");
        var log = new ServerLog();
        using ApiProcess server = ApiProcess.Start(
            Repository.Folder("models"), log.Read, $"--OpenInference:GrpcUrl={rpc}", $"--Ensembles:Database={folder["trust.db"]}", "--Limits:ClientRequests=1000",
            "--Streams:PerCaller=100000", "--Streams:Most=100000", "--Streams:IdleMs=2000");
        Front[] fronts = [.. Fronts.All, .. Fronts.Deeper, Fronts.Rpc(rpc.AbsoluteUri.TrimEnd('/'))];
        Answers[] answers = [.. fronts.Select(_ => new Answers())];
        var heads = new Answers();
        List<long> memory = [];
        for (int round = 0; round < Rounds; round++)
        {
            for (int front = 0; front < fronts.Length; front++)
            {
                using HttpClient client = server.NewClient();
                (int first, Front good, Answers counted) = (round * requests / Rounds, fronts[front], answers[front]);
                await Answers.ShareAsync(Clients, requests / Rounds, request => SendAsync(client, server.Address, good, first + request, counted, heads));
            }

            await Task.Delay(TimeSpan.FromSeconds(5));
            memory.Add(server.ResidentBytes);
        }

        log.ShowTraces();
        using HttpResponseMessage live = await server.Client.GetAsync("/healthz/live");
        int bad = answers.Sum(each => each.Others(IsExpected)) + heads.Others(status => IsExpected(status) || status is Unreachable or OtherVersion);
        return new DoorRow
        {
            Name = "mutated",
            Load = $"{requests} mutated requests through each of {fronts.Length} fronts, a third of those over HTTP/1.1 by their heads, over the models that ship",
            Measured = $"{string.Join("; ", fronts.Zip(answers, (front, each) => $"{front.Name} {each.Statuses}"))}; heads {heads.Statuses}; alive {live.IsSuccessStatusCode}, " +
                $"{log.TraceLines} lines of stack traces, {log.Warnings} warnings, memory after one half {memory[0] >> 20}, after the other {memory[^1] >> 20} MiB",
            MustBe = "2xx or 4xx alone, of heads also 503 for a deadline of a millisecond and 505 for another version of HTTP; the process alive, no stack trace, memory level",
            IsMet = bad == 0 && live.IsSuccessStatusCode && !server.HasEnded && log.TraceLines == 0 && memory[^1] < 1.1 * memory[0],
            IsWhole = scale >= 1,
        };
    }

    private static bool IsExpected(int status) => status is >= 200 and < 300 or >= 400 and < 500;

    private static Task SendAsync(HttpClient client, Uri server, Front front, int request, Answers answers, Answers heads) => front.Version == HttpVersion.Version20
        ? answers.SendAsync(client, front.Message(Mutation.OfBody(front.Type, front.Body, request)), RpcStatus)
        : request % 3 == 0
            ? heads.CountAsync(() => HeadAsync(new ClientAddress(server, "127.0.0.1"), front, request))
            : answers.SendAsync(client, front.Message(Mutation.OfBody(front.Type, front.Body, request)));

    /// <summary>Sends a request with a changed head, byte for byte, and gives the status of its answer.</summary>
    private static async Task<int> HeadAsync(ClientAddress client, Front front, int request)
    {
        using Socket socket = await client.ConnectAsync();
        using var late = new CancellationTokenSource(s_patience);
        byte[] answer = new byte[16];
        int read = 0;
        await socket.SendAsync((byte[])[.. Mutation.OfHead(front.Head(client), request), .. front.Body], late.Token);
        while (read < answer.Length && await socket.ReceiveAsync(answer.AsMemory(read), late.Token) is > 0 and int more)
        {
            read += more;
        }

        return int.TryParse(Encoding.ASCII.GetString(answer, 0, read).Split(' ').ElementAtOrDefault(1), CultureInfo.InvariantCulture, out int status) ? status : Answers.None;
    }

    /// <summary>A status of gRPC as one of HTTP: what a caller can cause is one of 400.</summary>
    private static int RpcStatus(HttpResponseMessage response, string body)
    {
        string status = response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? trailer) ? trailer.First()
            : response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? header) ? header.First() : "2";

        // OK, then CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED and UNAUTHENTICATED; UNKNOWN, INTERNAL and UNAVAILABLE are the server's.
        return status switch
        {
            "0" => (int)response.StatusCode,
            "1" or "3" or "4" or "5" or "8" or "12" or "16" => 400,
            _ => 500,
        };
    }
}
