using System.Globalization;
using System.Net;
using System.Text;
using Deq.Testing;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Good requests with bytes changed, cut, repeated or added, to every front.</summary>
internal static class Mutations
{
    private const int Clients = 8;
    private const int Internal = 13;

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int requests = (int)(10_000 * scale);
        using var port = new FreePort();
        string rpc = $"http://127.0.0.1:{port.Release()}";
        using var server = new DoorServer($"--OpenInference:GrpcUrl={rpc}", "--Limits:ClientRequests=1000");
        List<string> measured = [];
        int bad = 0;
        Front[] fronts = Fronts(rpc);
        using HttpClient warm = server.Process.NewClient();
        await Answers.ShareAsync(Clients, 200, request => new Answers().SendAsync(warm, fronts[request % fronts.Length].Message(fronts[request % fronts.Length].Framed(fronts[request % fronts.Length].Body))));
        long before = server.Process.ResidentBytes;
        foreach (Front front in fronts)
        {
            using HttpClient client = server.Process.NewClient();
            var answers = new Answers();
            await Answers.ShareAsync(Clients, requests, request => answers.SendAsync(client, front.Message(front.Framed(Mutated(front.Body, request))), front.StatusOf));
            bad += answers.Others(status => status is >= 200 and < 300 or >= 400 and < 500);
            measured.Add($"{front.Name} {answers.Statuses}");
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
        using HttpResponseMessage live = await warm.GetAsync("/healthz/live");
        long after = server.Process.ResidentBytes;
        return new DoorRow
        {
            Name = "mutated",
            Load = $"{requests} mutated requests through each of {fronts.Length} fronts",
            Measured = $"{string.Join("; ", measured)}; alive {live.IsSuccessStatusCode}, memory {before >> 20} → {after >> 20} MiB",
            MustBe = "2xx or 4xx alone, the process alive, memory level",
            IsMet = bad == 0 && live.IsSuccessStatusCode && !server.Process.HasEnded && after < 1.5 * before,
            IsWhole = scale >= 1,
        };
    }

    private static Front[] Fronts(string rpc)
    {
        byte[] picture = Fairness.AttackImages.Noise(28, 28, 5);
        byte[] tensor = new LoadMix(seed: 3).Endless().First().Body;
        byte[] json = Encoding.UTF8.GetBytes(ProtocolRequests.Body(1));
        string classify = $"/api/v1/models/{DoorServer.Model}/classify";
        const string Boundary = "frontier";
        byte[] form =
        [
            .. Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"),
            .. picture, .. Encoding.ASCII.GetBytes($"\r\n--{Boundary}\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n3\r\n--{Boundary}--\r\n"),
        ];
        const string Header = """{"inputs":[{"name":"image","datatype":"FP32","shape":[1,1,28,28],"parameters":{"binary_data_size":3136}}]}""";
        return
        [
            new Front("picture", classify, "image/png", picture),
            new Front("form", classify, $"multipart/form-data; boundary={Boundary}", form),
            new Front("tensor", classify, "application/octet-stream", tensor) { Headers = [("X-Tensor-Shape", LoadMix.Shape)] },
            new Front("protocol", ProtocolRequests.Path, "application/json", json),
            new Front("protocol in bytes", ProtocolRequests.Path, "application/octet-stream", [.. Encoding.ASCII.GetBytes(Header), .. tensor])
            {
                Headers = [("Inference-Header-Content-Length", $"{Header.Length}")],
            },
            new Front("stream", "/api/v1/streams", "application/json", Encoding.ASCII.GetBytes($$"""{"model":"{{DoorServer.Model}}","budget":"fast","maxEvaluations":4}""")),
            new Front("gRPC", rpc + RpcRequests.Path, RpcRequests.Type, RpcRequests.Body(tensor)) { Version = HttpVersion.Version20, StatusOf = RpcStatus, Framed = RpcRequests.Framed },
        ];
    }

    /// <summary>A status of gRPC as one of HTTP. Faults of the server are INTERNAL; UNKNOWN is what the framework says of bytes that are no message.</summary>
    private static int RpcStatus(HttpResponseMessage response, string body)
    {
        string status = response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? trailer) ? trailer.First()
            : response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? header) ? header.First() : "0";
        return int.Parse(status, CultureInfo.InvariantCulture) switch
        {
            0 => (int)response.StatusCode,
            Internal => 500,
            _ => 400,
        };
    }

    private static byte[] Mutated(byte[] body, int seed)
    {
        var random = new Random(seed);
        List<byte> bytes = [.. body];
        for (int change = random.Next(1, 9); change > 0 && bytes.Count > 0; change--)
        {
            int place = random.Next(bytes.Count);
            int length = random.Next(1, Math.Min(64, bytes.Count - place) + 1);
            switch (random.Next(5))
            {
                case 0: bytes[place] = (byte)random.Next(256); break;
                case 1: bytes[place] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(place, length); break;
                case 3: bytes.InsertRange(place, bytes.GetRange(place, length)); break;
                default: bytes.InsertRange(place, Encoding.ASCII.GetBytes($"{random.NextInt64()}{{}}[]\"-1e999")); break;
            }
        }

        return [.. bytes];
    }
}
