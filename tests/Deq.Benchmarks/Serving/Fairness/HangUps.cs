using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>Clients that hang up at any moment, on every endpoint.</summary>
internal static class HangUps
{
    private const int Clients = 10_000;
    private const int Together = 64;
    private const int MostWaitMs = 60;
    private const int Moments = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Has clients leave the built server, and looks at its log and at what it still holds.</summary>
    /// <param name="attacker">Their address.</param>
    /// <param name="heldBytesAsync">What the server says it holds.</param>
    public static async Task<HangUpRow> MeasureAsync(string attacker, Func<ApiProcess, Task<double>> heldBytesAsync)
    {
        var log = new ServerLog();
        using var folder = new TemporaryFolder();
        using var port = new FreePort();
        var rpc = new Uri($"http://127.0.0.1:{port.Release()}");
        string models = Repository.Folder("models");
        using ApiProcess server = ApiProcess.Start(
            models, log.Read,
            $"--OpenInference:GrpcUrl={rpc}", $"--Ensembles:Database={folder["trust.db"]}", "--Streams:PerCaller=100000", "--Streams:Most=100000", "--Streams:IdleMs=2000");
        IReadOnlyList<HangUpEndpointRow> endpoints = await RunAsync(new ClientAddress(server.Address, attacker), new ClientAddress(rpc, attacker));
        await Task.Delay(TimeSpan.FromSeconds(5));
        log.ShowTraces();
        int rows = 0;
        foreach (string model in Directory.GetDirectories(models).Select(Path.GetFileName).OfType<string>())
        {
            EngineState state = await server.StateAsync(model);
            rows += state.Running + state.Waiting;
        }

        return new HangUpRow
        {
            Clients = Clients,
            Endpoints = endpoints,
            StackTraceLines = log.TraceLines,
            WarningLines = log.Warnings,
            HeldBytesAfter = await heldBytesAsync(server),
            RowsAfter = rows,
        };
    }

    /// <summary>Sends every request in turn, each left in its head, in its body, while the client waits, or after the first bytes of the answer.</summary>
    private static async Task<IReadOnlyList<HangUpEndpointRow>> RunAsync(ClientAddress client, ClientAddress rpc)
    {
        HangUpRequest[] requests = HangUpRequest.All(client);
        int all = requests.Length + 1;
        var statuses = new ConcurrentDictionary<(int Request, string Status), int>();
        using HttpClient opener = client.NewClient();
        await Parallel.ForEachAsync(Enumerable.Range(0, Clients), new ParallelOptions { MaxDegreeOfParallelism = Together }, async (number, _) =>
        {
            var random = new Random(number);
            int request = number % all;
            int moment = number / all % Moments;
            try
            {
                string? status = request == requests.Length
                    ? await RpcHangUps.LeaveAsync(rpc, moment, random)
                    : await LeaveAsync(client, requests[request], await StreamAsync(opener, requests[request]), moment, random);
                if (status is not null)
                {
                    statuses.AddOrUpdate((request, status), 1, (_, count) => count + 1);
                }
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException or HttpRequestException)
            {
                statuses.AddOrUpdate((request, fault is SocketException ? "cut" : "late"), 1, (_, count) => count + 1);
            }
        });
        return
        [
            .. Enumerable.Range(0, all).Select(request => new HangUpEndpointRow
            {
                Endpoint = request == requests.Length ? RpcHangUps.Name : requests[request].Name,
                Clients = Enumerable.Range(0, Clients).Count(number => number % all == request),
                Statuses = string.Join(", ", statuses.Where(pair => pair.Key.Request == request).OrderBy(pair => pair.Key.Status, StringComparer.Ordinal)
                    .Select(pair => $"{pair.Key.Status}: {pair.Value}")),
            }),
        ];
    }

    /// <summary>The path of a new stream where a request needs one; "" where not.</summary>
    private static async Task<string> StreamAsync(HttpClient client, HangUpRequest request)
    {
        if (!request.NeedsStream)
        {
            return "";
        }

        using var content = new StringContent(Fronts.Opening, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync("/api/v1/streams", content);
        return response.EnsureSuccessStatusCode().Headers.Location!.ToString();
    }

    /// <summary>The status of the answer where the client read of it; null where it left before.</summary>
    private static async Task<string?> LeaveAsync(ClientAddress client, HangUpRequest request, string stream, int moment, Random random)
    {
        (byte[] head, byte[] body) = request.Of(stream);
        byte[] whole = [.. head, .. body];
        using Socket socket = await client.ConnectAsync(CancellationToken.None);
        socket.LingerState = new LingerOption(random.Next(2) == 0, 0);
        int sent = moment switch
        {
            0 => random.Next(head.Length),
            1 => head.Length + random.Next(body.Length + 1),
            _ => whole.Length,
        };
        await socket.SendAsync(whole.AsMemory(0, sent), CancellationToken.None);
        if (moment < Moments - 1)
        {
            await Task.Delay(random.Next(MostWaitMs), CancellationToken.None);
            return null;
        }

        byte[] answer = new byte[64];
        using var late = new CancellationTokenSource(s_patience);
        int read = await socket.ReceiveAsync(answer, late.Token);
        return read < 12 ? "nothing" : Encoding.ASCII.GetString(answer, 9, 3);
    }
}
