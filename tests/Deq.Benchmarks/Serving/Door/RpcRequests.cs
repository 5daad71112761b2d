using System.Diagnostics;
using System.Net;
using System.Text;
using Deq.Testing;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Calls of gRPC, as bytes, and what one takes beside the same request over REST.</summary>
internal static class RpcRequests
{
    public const string Path = "/inference.GRPCInferenceService/ModelInfer";
    public const string Type = "application/grpc";

    private const string Header = """{"parameters":{"binary_data_output":true,"deq_max_evaluations":4},"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,28,28],"parameters":{"binary_data_size":3136}}]}""";

    private const int Rounds = 15;

    /// <summary>
    /// Asks for the same image by each way, a second each in turn, so that what else the machine does meets all of them alike. REST is asked over HTTP/2 too: what that
    /// takes beside HTTP/1.1 is the transport's share of gRPC, which knows no other.
    /// </summary>
    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int rounds = (int)Math.Ceiling(Rounds * scale);
        using var port = new FreePort();
        string rpc = $"http://127.0.0.1:{port.Release()}";
        using var server = new DoorServer($"--OpenInference:GrpcUrl={rpc}");
        using HttpClient client = server.Process.NewClient();
        byte[] tensor = new LoadMix(seed: 3).Endless().First().Body;
        byte[] call = Framed(Body(tensor)), bytes = [.. Encoding.ASCII.GetBytes(Header), .. tensor], json = Encoding.UTF8.GetBytes(ProtocolRequests.Body(1));
        var plain = new Front("bytes over REST", ProtocolRequests.Path, "application/octet-stream", bytes) { Headers = [("Inference-Header-Content-Length", $"{Header.Length}")] };
        Front[] ways =
        [
            new Front("gRPC", rpc + Path, Type, call) { Version = HttpVersion.Version20 },
            plain,
            plain with { Name = "bytes over REST by HTTP/2", Path = rpc + ProtocolRequests.Path, Version = HttpVersion.Version20 },
            new Front("JSON over REST", ProtocolRequests.Path, "application/json", json),
        ];
        var found = new List<string>();
        double worst = 0;
        foreach (int clients in new[] { 1, 16 })
        {
            // The first round compiles code.
            List<double>[] taken = [.. ways.Select(_ => new List<double>())];
            for (int round = -1; round < rounds; round++)
            {
                for (int way = 0; way < ways.Length; way++)
                {
                    double milliseconds = await AskAsync(client, ways[way], clients);
                    if (round >= 0)
                    {
                        taken[way].Add(milliseconds);
                    }
                }
            }

            worst = Math.Max(worst, Beside(1));
            found.Add(
                $"{clients} at a time: {string.Join(", ", ways.Zip(taken, (way, each) => $"{way.Name} {Quantiles.Of(each, 0.5):0.00} ms"))}; " +
                $"gRPC {Beside(1):0.00} × bytes, {Beside(2):0.00} × bytes by HTTP/2, {Beside(3):0.00} × JSON");

            double Beside(int way) => Quantiles.Of(taken[0].Zip(taken[way], (one, other) => one / other), 0.5);
        }

        return new DoorRow
        {
            Name = "rpc",
            Load = $"the same image by each way for a second in turn, {rounds} times, by one client and by 16; milliseconds per answer, ratios by round",
            Measured = string.Join("; ", found),
            MustBe = "gRPC ≤ 1.0 × REST, also in bytes",
            IsMet = worst <= 1,
            IsWhole = scale >= 1,
        };
    }

    /// <summary>Milliseconds per answer when so many clients ask for a second, each again as soon as it is answered.</summary>
    private static async Task<double> AskAsync(HttpClient client, Front way, int clients)
    {
        int answers = 0;
        long begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1))
            {
                using HttpResponseMessage response = await client.SendAsync(way.Message(way.Body));
                byte[] answer = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
                if (answer.Length == 0)
                {
                    throw new InvalidOperationException($"The call failed: {response.TrailingHeaders}");
                }

                Interlocked.Increment(ref answers);
            }
        })));
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds / answers;
    }

    /// <summary>A message after the five bytes that say how long it is.</summary>
    public static byte[] Framed(byte[] message) => [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>A message of the protocol: model, the parameter that allows four evaluations, one input with name, datatype and shape, and its elements.</summary>
    public static byte[] Body(byte[] tensor)
    {
        byte[] input = [.. Field(1, "image"u8), .. Field(2, "FP32"u8), .. Field(3, [1, 1, 28, 28])];
        byte[] parameter = [.. Field(1, "deq_max_evaluations"u8), .. Field(2, [16, 4])];
        return [.. Field(1, Encoding.ASCII.GetBytes(DoorServer.Model)), .. Field(4, parameter), .. Field(5, input), .. Field(7, tensor)];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) => content.Length < 128
        ? [(byte)((number << 3) | 2), (byte)content.Length, .. content]
        : [(byte)((number << 3) | 2), (byte)((content.Length & 127) | 128), (byte)(content.Length >> 7), .. content];
}
