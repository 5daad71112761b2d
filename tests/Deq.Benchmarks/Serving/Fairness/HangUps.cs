using System.Net.Sockets;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>Clients that hang up at any moment, on every kind of endpoint.</summary>
internal static class HangUps
{
    private const int Together = 64;
    private const int MostWaitMs = 60;

    private static readonly (string Method, string Path, string Further)[] s_requests =
    [
        ("POST", "/api/v1/models/fashion-mnist/classify", ""),
        ("POST", "/api/v1/models/fashion-mnist/classify?tolerance=1e-6&maxEvaluations=1000", "Accept: text/event-stream\r\n"),
        ("POST", "/api/v1/models/flow/flow", ""),
        ("POST", "/api/v1/streams", ""),
        ("GET", "/api/v1/models", ""),
        ("GET", "/swagger/v1/swagger.json", ""),
        ("GET", "/metrics", ""),
        ("GET", "/", ""),
    ];

    /// <summary>Sends so many, each cut after a random part of its request or of the wait for its answer.</summary>
    public static async Task RunAsync(ClientAddress client, int clients)
    {
        byte[] image = AttackImages.Noise(64, 64, 1);
        var random = new Random(5);
        (int Request, double Share, int WaitMs)[] plan =
            [.. Enumerable.Range(0, clients).Select(i => (i % s_requests.Length, random.NextDouble() * 1.5, random.Next(MostWaitMs)))];
        await Parallel.ForEachAsync(plan, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (one, _) =>
        {
            (string method, string path, string further) = s_requests[one.Request];
            byte[] body = method == "GET" ? [] : image;
            byte[] whole = [.. client.Head(method, path, "image/png", body.Length, further), .. body];
            try
            {
                using Socket socket = await client.ConnectAsync(CancellationToken.None);
                socket.LingerState = new LingerOption(one.WaitMs % 2 == 0, 0);
                await socket.SendAsync(whole.AsMemory(0, (int)(whole.Length * Math.Min(1, one.Share))), CancellationToken.None);
                await Task.Delay(one.WaitMs, CancellationToken.None);
            }
            catch (SocketException)
            {
                // Refused: this client has more connections than its share.
            }
        });
    }
}
