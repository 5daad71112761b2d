using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Deq.Benchmarks.Serving;

/// <summary>What is left of clients that go away in the middle of their solves.</summary>
/// <param name="Clients">Each with a connection and one long solve of its own.</param>
/// <param name="RunningBefore">Rows that were being solved when all went away.</param>
/// <param name="WaitingBefore">Requests that waited then.</param>
/// <param name="FreeAfterMs">From the last connection's end until no row was solved and nothing waited.</param>
/// <param name="SinglyFreeP50Ms">Median of the same for one client after the other, each vanishing alone in the middle of its solve.</param>
/// <param name="SinglyFreeP99Ms">The 99th percentile of it.</param>
/// <param name="EvaluationMs">What one evaluation of one thread's rows takes.</param>
/// <param name="Capacity">The most rows at a time.</param>
/// <param name="RunningAfter">Rows that ran at a time when new clients asked for more than the capacity: a lost slot would be missing.</param>
internal sealed record VanishRow(
    int Clients,
    int RunningBefore,
    int WaitingBefore,
    double FreeAfterMs,
    double SinglyFreeP50Ms,
    double SinglyFreeP99Ms,
    double EvaluationMs,
    int Capacity,
    int RunningAfter)
{
    private const int Many = 500;
    private const int Singly = 100;

    public static async Task<VanishRow> MeasureAsync(ApiProcess server, string model, LoadMix mix)
    {
        LoadRequest request = mix.Endless().First() with { Tolerance = 1e-5, MaxEvaluations = 100 };
        byte[] bytes = Raw(server, model, request);
        var singly = new List<double>();
        for (int i = 0; i < Singly; i++)
        {
            Socket[] one = Send(server, bytes, 1);
            await UntilAsync(server, model, state => state.Running > 0);
            singly.Add(await HangUpAsync(server, model, one));
        }

        Socket[] all = Send(server, bytes, Many);
        EngineState before = await UntilAsync(server, model, state => state.Running == state.Capacity && state.Waiting > 0);
        double freeAfter = await HangUpAsync(server, model, all);
        Socket[] next = Send(server, bytes, 4 * before.Capacity);
        EngineState after = await UntilAsync(server, model, state => state.Running == state.Capacity);
        await HangUpAsync(server, model, next);
        return new VanishRow(
            Many, before.Running, before.Waiting, freeAfter, Quantiles.Of(singly, 0.5), Quantiles.Of(singly, 0.99), after.EvaluationMs, after.Capacity,
            after.Running);
    }

    /// <summary>Asks until the engine is in some state, for ten seconds at most, and gives the last state seen.</summary>
    private static async Task<EngineState> UntilAsync(ApiProcess server, string model, Predicate<EngineState> isSo)
    {
        long start = Stopwatch.GetTimestamp();
        EngineState state = await server.StateAsync(model);
        while (!isSo(state) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10))
        {
            state = await server.StateAsync(model);
        }

        return state;
    }

    private static async Task<double> HangUpAsync(ApiProcess server, string model, Socket[] clients)
    {
        Array.ForEach(clients, client => client.Dispose());
        long start = Stopwatch.GetTimestamp();
        await UntilAsync(server, model, state => state is { Running: 0, Waiting: 0 });
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static Socket[] Send(ApiProcess server, byte[] bytes, int clients) => [.. Enumerable.Range(0, clients).Select(_ =>
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(server.Address.Host, server.Address.Port);
        client.Send(bytes);
        return client;
    })];

    private static byte[] Raw(ApiProcess server, string model, LoadRequest request)
    {
        using HttpRequestMessage message = LoadDriver.Message(model, request);
        string head = $"POST {message.RequestUri} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: application/octet-stream\r\n"
            + $"X-Tensor-Shape: {LoadMix.Shape}\r\nContent-Length: {request.Body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. request.Body];
    }
}
