using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving;

/// <summary>What the server adds to the bare solve for a body of 64 KiB: the round trip less what the engine spent on the request, one after the other.</summary>
internal static class HttpOverhead
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- http";
    private const string Path = $"/api/v1/models/{WideBundle.Name}/classify?top=1";

    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(1);
    private static readonly string s_shape = $"1,{WideBundle.Side},{WideBundle.Side}";

    /// <summary>Options: <c>--seconds n</c>, how long each way is measured, default 10. <c>--serve kind --work-ms n</c> is a server that this starts.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--seconds", "--serve", "--work-ms") is not { } report)
        {
            return 2;
        }

        byte[] body = Body();
        if (report["--serve"] is { } kind)
        {
            return FloorServer.Run(kind, body.Length, TimeSpan.FromMilliseconds(double.Parse(report["--work-ms"] ?? "0", CultureInfo.InvariantCulture)));
        }

        int turns = (int)double.Parse(report["--seconds"] ?? "10", CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        WideBundle.Write(folder[WideBundle.Name]);
        HttpRow[] rows = Measure(folder, body, turns);
        report.Write(Page(rows, turns), rows);
        return 0;
    }

    private static HttpRow[] Measure(TemporaryFolder folder, byte[] body, int turns)
    {
        using ApiProcess server = ApiProcess.Start(folder.Path, "--Engine:Threads=2", "--Engine:RowsPerThread=4");
        using var connection = new RawConnection(server.Address, [.. Head(server.Address, body.Length), .. body]);

        // Until the compiler has settled: what is tiered up first is counted for some seconds.
        var prepared = new HttpWay("one connection, prepared bytes", body.Length, connection.RoundTrip);
        prepared.Take(s_settling, counts: false);
        string work = prepared.Typical.ToString("F3", CultureInfo.InvariantCulture);
        using ApiProcess sockets = Floor(FloorServer.Sockets, work);
        using ApiProcess webServer = Floor(FloorServer.WebServer, work);
        using var toSockets = new RawConnection(sockets.Address, [.. Head(sockets.Address, body.Length), .. body]);
        using var toWebServer = new RawConnection(webServer.Address, [.. Head(webServer.Address, body.Length), .. body]);
        using ModelBundle bundle = ModelBundle.Open(folder[WideBundle.Name], new());
        InferenceEngine engine = new(WideBundle.Name, bundle.Model, new() { Threads = 2, RowsPerThread = 4 });
        HttpWay[] ways =
        [
            prepared,
            new("HttpClient", body.Length, () => ByHttpClientAsync(server.Client, body).GetAwaiter().GetResult()),
            new("HttpClient, GET /healthz/live", 0, () => AskAsync(server.Client).GetAwaiter().GetResult()),
            new("none: the engine in the same process", body.Length, () => Solve(engine, bundle.Manifest.Defaults, body)),
            new("prepared bytes to plain sockets", body.Length, toSockets.RoundTrip),
            new("prepared bytes to the bare web server", body.Length, toWebServer.RoundTrip),
        ];
        Array.ForEach(ways, way => way.Take(s_settling / 2, counts: false));
        for (int turn = 0; turn < turns; turn++)
        {
            // In turns, so that what else the machine does meets all of them alike.
            Array.ForEach(ways, way => way.Take(s_turn, counts: true));
        }

        engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return [.. ways.Select(way => way.Row())];
    }

    private static ApiProcess Floor(string kind, string work) =>
        ApiProcess.Launch([typeof(HttpOverhead).Assembly.Location, "http", "--serve", kind, "--work-ms", work]);

    private static double Solve(InferenceEngine engine, SolveDefaults defaults, byte[] body)
    {
        var request = new InferenceRequest<float>
        {
            Input = input => MemoryMarshal.Cast<byte, float>(body).CopyTo(input),
            Output = logits => logits[0],
            Method = FixedPointMethods.Named(defaults.Solver),
            Tolerance = new() { Relative = defaults.Tolerance },
            Budget = new() { Evaluations = defaults.MaxEvaluations },
        };
        engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float>>> answers);
        return answers[0].GetAwaiter().GetResult().Elapsed.TotalMilliseconds;
    }

    private static async Task<double> ByHttpClientAsync(HttpClient client, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("X-Tensor-Shape", s_shape);
        using HttpResponseMessage response = await client.PostAsync(Path, content);
        response.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("solve").GetProperty("spentMs").GetDouble();
    }

    /// <summary>A request that brings and solves nothing: what the web server and its client take by themselves.</summary>
    private static async Task<double> AskAsync(HttpClient client)
    {
        await client.GetByteArrayAsync(new Uri("/healthz/live", UriKind.Relative));
        return 0;
    }

    private static byte[] Head(Uri address, int length) => Encoding.ASCII.GetBytes(
        $"POST {Path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/octet-stream\r\nX-Tensor-Shape: {s_shape}\r\nContent-Length: {length}\r\n\r\n");

    private static byte[] Body()
    {
        var random = new Random(1);
        byte[] body = new byte[WideBundle.Side * WideBundle.Side * sizeof(float)];
        for (int i = 0; i < body.Length; i += sizeof(float))
        {
            BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(i), random.NextSingle());
        }

        return body;
    }

    private static string Page(HttpRow[] rows, int turns)
    {
        var page = new StringBuilder();
        page.AppendLine("# What the server adds").AppendLine();
        page.AppendLine($"`{Command} --seconds {turns} --json docs/results/http.json --markdown docs/results/http.md`").AppendLine();
        page.AppendLine(
            "One request after the other with a tensor of 64 KiB, to the built server as a process of its own on the loopback address; a second of each way in turn, again and "
            + "again. Added is, request by request, the round trip less what the answer's solve report says was spent from acceptance to the answer, which includes reading the "
            + $"tensor into the model. {Environment.ProcessorCount} processors, shared by client and server. The request that brings and solves nothing shows what the web server and its "
            + "client take by themselves. The last two rows are floors: processes that take the same bytes, have another thread wait for the clock as long as a solve takes, and "
            + "answer with as many bytes; one has plain sockets and a thread per connection, the other is ASP.NET Core's web server with nothing around it, as it comes.").AppendLine();
        page.AppendLine("| client | body bytes | requests | round trip p50 ms | solve p50 ms | added p50 ms | added p90 ms | added p99 ms |");
        page.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (HttpRow row in rows)
        {
            page.AppendLine(
                $"| {row.Client} | {row.BodyBytes} | {row.Requests} | {row.RoundTripP50Ms:F3} | {row.SolveP50Ms:F3} | {row.AddedP50Ms:F3} | {row.AddedP90Ms:F3} | {row.AddedP99Ms:F3} |");
        }

        return page.ToString();
    }
}
