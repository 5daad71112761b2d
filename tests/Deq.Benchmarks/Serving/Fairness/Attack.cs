using System.Net.Sockets;
using System.Text;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>What one client does to have a server for itself.</summary>
/// <param name="Name">In a few words.</param>
/// <param name="Connections">How many do it at a time.</param>
/// <param name="Once">Does it once on a connection of its own; it is done again and again.</param>
internal sealed record Attack(string Name, int Connections, Func<ClientAddress, Task> Once)
{
    private const string Classify = "/api/v1/models/fashion-mnist/classify";
    private const string Hard = Classify + "?tolerance=1e-6&maxEvaluations=1000&deadlineMs=60000";

    private static readonly byte[] s_parked = new byte[(7 << 20) - 1];

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Every known one.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("uploads one byte short", 200, ParkAsync),
        new("pictures of 16 megapixels, eight in a form", 32, SendAsync(Classify, "multipart/form-data; boundary=x", Form(AttackImages.Large(4096, 4096), 8))),
        new("1 MiB of text before the pixels", 32, SendAsync(Classify, "image/png", AttackImages.WithText(1_000_000))),
        new("unfinished messages on sockets", 40, SocketAsync),
        new("solves of 1,000 evaluations", 64, SendAsync(Hard, "image/png", AttackImages.Large(28, 28))),
        new("pairs of frames of 1024 × 436", 16, SendAsync("/api/v1/models/flow/flow", "multipart/form-data; boundary=x", Frames())),
        new("the API document", 32, SendAsync("/swagger/v1/swagger.json", "text/plain", [], "GET")),
    ];

    /// <summary>Does it again and again until the process ends.</summary>
    public async Task RunAsync(ClientAddress client) => await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
    {
        while (true)
        {
            try
            {
                await Once(client);
            }
            catch (SocketException)
            {
                // Cut by the server.
            }

            await Task.Delay(s_pause);
        }
    }));

    /// <summary>A connection that is reset at its end: ports that wait after a close would cost the attacker, and those it shares the processors with, more than its attack.</summary>
    private static async Task<Socket> ConnectAsync(ClientAddress client)
    {
        Socket socket = await client.ConnectAsync();
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        return socket;
    }

    private static async Task ParkAsync(ClientAddress client)
    {
        using Socket socket = await ConnectAsync(client);
        await socket.SendAsync(client.Head("POST", Classify, "image/png", s_parked.Length + 1));
        await socket.SendAsync(s_parked);
        await socket.ReceiveAsync(new byte[4096]);
    }

    private static async Task SocketAsync(ClientAddress client)
    {
        using Socket socket = await ConnectAsync(client);
        string open = """{"model":"flow"}""";
        await socket.SendAsync((byte[])[.. client.Head("POST", "/api/v1/streams", "application/json", open.Length), .. Encoding.ASCII.GetBytes(open)]);
        byte[] answer = new byte[8192];
        int read = await socket.ReceiveAsync(answer);
        string text = Encoding.ASCII.GetString(answer, 0, read);
        int at = text.IndexOf("/api/v1/streams/", StringComparison.Ordinal);
        if (at < 0)
        {
            return;
        }

        string path = text[at..text.IndexOfAny(['\r', '"', ' '], at)];
        using Socket frames = await ConnectAsync(client);
        await frames.SendAsync(client.Head(
            "GET", path.TrimEnd('/') + "/ws", "text/plain", 0, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
        await frames.ReceiveAsync(answer);

        // A binary message of 7 MiB, masked by zeros, of which the last byte does not come.
        byte[] frame = [0x82, 0xFF, 0, 0, 0, 0, 0, 0x70, 0, 0, 0, 0, 0, 0];
        await frames.SendAsync(frame);
        await frames.SendAsync(s_parked);
        await frames.ReceiveAsync(answer);
    }

    private static Func<ClientAddress, Task> SendAsync(string path, string type, byte[] body, string method = "POST") => async client =>
    {
        using Socket socket = await ConnectAsync(client);
        await socket.SendAsync(client.Head(method, path, type, body.Length));
        await socket.SendAsync(body);
        await socket.ReceiveAsync(new byte[4096]);
    };

    private static byte[] Form(byte[] image, int times) =>
    [
        .. Enumerable.Range(0, times).SelectMany(place => Fronts.Part("image", image)),
        .. Fronts.End,
    ];

    private static byte[] Frames() => [.. Fronts.Part("frame1", AttackImages.Noise(1024, 436, 1)), .. Fronts.Part("frame2", AttackImages.Noise(1024, 436, 2)), .. Fronts.End];
}
