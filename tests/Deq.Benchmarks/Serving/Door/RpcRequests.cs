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

    /// <summary>Asks for the same image in turn by each of three ways, so that what else the machine does meets all of them alike.</summary>
    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int rounds = (int)(5_000 * scale);
        using var port = new FreePort();
        string rpc = $"http://127.0.0.1:{port.Release()}";
        using var server = new DoorServer($"--OpenInference:GrpcUrl={rpc}");
        using HttpClient client = server.Process.NewClient();
        byte[] tensor = new LoadMix(seed: 3).Endless().First().Body;
        byte[] call = Framed(Body(tensor)), bytes = [.. Encoding.ASCII.GetBytes(Header), .. tensor], json = Encoding.UTF8.GetBytes(ProtocolRequests.Body(1));
        (Front Front, List<double> Taken)[] ways =
        [
            (new Front("gRPC", rpc + Path, Type, call) { Version = HttpVersion.Version20 }, []),
            (new Front("bytes over REST", ProtocolRequests.Path, "application/octet-stream", bytes) { Headers = [("Inference-Header-Content-Length", $"{Header.Length}")] }, []),
            (new Front("JSON over REST", ProtocolRequests.Path, "application/json", json), []),
        ];
        for (int round = 0; round < rounds + (rounds / 5); round++)
        {
            foreach ((Front front, List<double> taken) in ways)
            {
                long begun = Stopwatch.GetTimestamp();
                using HttpResponseMessage response = await client.SendAsync(front.Message(front.Body));
                byte[] answer = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
                double milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                if (answer.Length == 0)
                {
                    throw new InvalidOperationException($"The call failed: {response.TrailingHeaders}");
                }

                // The first ones compile code.
                if (round >= rounds / 5)
                {
                    taken.Add(milliseconds);
                }
            }
        }

        double[] medians = [.. ways.Select(way => Quantiles.Of(way.Taken, 0.5))];
        return new DoorRow
        {
            Name = "rpc",
            Load = $"{rounds} images by each way in turn, one client",
            Measured = $"{string.Join(", ", ways.Zip(medians, (way, median) => $"{way.Front.Name} {median:0.00} ms"))}; gRPC {medians[0] / medians[1]:0.00} × bytes, {medians[0] / medians[2]:0.00} × JSON",
            MustBe = "gRPC ≤ 1.0 × JSON over REST",
            IsMet = medians[0] <= medians[2],
            IsWhole = scale >= 1,
        };
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
