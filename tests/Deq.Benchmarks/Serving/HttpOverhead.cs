using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks.Serving;

/// <summary>What the server adds to the bare solve for a body of 64 KiB: the round trip less what the engine spent on the request, one after the other.</summary>
internal static class HttpOverhead
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- http";
    private const string Path = $"/api/v1/models/{WideBundle.Name}/classify?top=1";

    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(6);
    private static readonly string s_shape = $"1,{WideBundle.Side},{WideBundle.Side}";

    /// <summary>Options: <c>--seconds n</c>, how long each way is measured, default 10.</summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--seconds") is not { } report)
        {
            return 2;
        }

        var time = TimeSpan.FromSeconds(double.Parse(report["--seconds"] ?? "10", CultureInfo.InvariantCulture));
        using var folder = new TemporaryFolder();
        WideBundle.Write(folder[WideBundle.Name]);
        byte[] body = Body();
        HttpRow[] rows = [.. OverHttp(folder.Path, body, time), InProcess(folder[WideBundle.Name], body, time)];
        report.Write(Page(rows, time), rows);
        return 0;
    }

    private static IEnumerable<HttpRow> OverHttp(string models, byte[] body, TimeSpan time)
    {
        using ApiProcess server = ApiProcess.Start(models, "--Engine:Threads=2", "--Engine:RowsPerThread=4");
        // Until the compiler has settled: what is tiered up first is counted for some seconds.
        Measure("warming up", body.Length, s_settling, () => ByHttpClientAsync(server.Client, body).GetAwaiter().GetResult());
        using var connection = new RawConnection(server.Address, [.. Head(server.Address, body.Length), .. body]);
        yield return Measure("one connection, prepared bytes", body.Length, time, connection.RoundTrip);
        yield return Measure("HttpClient", body.Length, time, () => ByHttpClientAsync(server.Client, body).GetAwaiter().GetResult());
        yield return Measure("HttpClient, GET /healthz/live", 0, time, () => AskAsync(server.Client).GetAwaiter().GetResult());
    }

    private static HttpRow InProcess(string directory, byte[] body, TimeSpan time)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new());
        InferenceEngine engine = new(WideBundle.Name, bundle.Model, new() { Threads = 2, RowsPerThread = 4 });
        SolveDefaults defaults = bundle.Manifest.Defaults;
        var request = new InferenceRequest<float>
        {
            Input = input => MemoryMarshal.Cast<byte, float>(body).CopyTo(input),
            Output = logits => logits[0],
            Method = FixedPointMethods.Named(defaults.Solver),
            Tolerance = new() { Relative = defaults.Tolerance },
            Budget = new() { Evaluations = defaults.MaxEvaluations },
        };
        HttpRow row = Measure("none: the engine in the same process", body.Length, time, () =>
        {
            engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float>>> answers);
            return answers[0].GetAwaiter().GetResult().Elapsed.TotalMilliseconds;
        });
        engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return row;
    }

    /// <param name="client">How the request gets to the engine.</param>
    /// <param name="bytes">Of its body.</param>
    /// <param name="time">For how long, after a quarter of that for warming up.</param>
    /// <param name="roundTrip">Makes one and gives the milliseconds that the engine spent.</param>
    private static HttpRow Measure(string client, int bytes, TimeSpan time, Func<double> roundTrip)
    {
        List<(double Whole, double Solve)> trips = [];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < 1.25 * time)
        {
            long before = Stopwatch.GetTimestamp();
            double solve = roundTrip();
            double whole = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            if (Stopwatch.GetElapsedTime(start) > 0.25 * time)
            {
                trips.Add((whole, solve));
            }
        }

        double[] added = [.. trips.Select(trip => trip.Whole - trip.Solve)];
        return new HttpRow(
            client,
            bytes,
            trips.Count,
            Quantiles.Of(trips.Select(trip => trip.Whole), 0.5),
            Quantiles.Of(trips.Select(trip => trip.Solve), 0.5),
            Quantiles.Of(added, 0.5),
            Quantiles.Of(added, 0.9),
            Quantiles.Of(added, 0.99));
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

    private static string Page(HttpRow[] rows, TimeSpan time)
    {
        var page = new StringBuilder();
        page.AppendLine("# What the server adds").AppendLine();
        page.AppendLine($"`{Command} --seconds {time.TotalSeconds} --json docs/results/http.json --markdown docs/results/http.md`").AppendLine();
        page.AppendLine(
            "One request after the other with a tensor of 64 KiB, to the built server as a process of its own on the loopback address. Added is, request by request, the "
            + $"round trip less what the answer's solve report says was spent from acceptance to the answer. {Environment.ProcessorCount} processors, shared by client and server. "
            + "The request that brings and solves nothing shows what the web server and its client take by themselves.").AppendLine();
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

/// <summary>One way to the engine.</summary>
/// <param name="Client">The way.</param>
/// <param name="BodyBytes">Of the body.</param>
/// <param name="Requests">Measured, after warming up.</param>
/// <param name="RoundTripP50Ms">Median of the round trip.</param>
/// <param name="SolveP50Ms">Median of what the engine spent, waiting included.</param>
/// <param name="AddedP50Ms">Median of the difference, request by request.</param>
/// <param name="AddedP90Ms">The 90th percentile of it.</param>
/// <param name="AddedP99Ms">The 99th percentile of it.</param>
internal sealed record HttpRow(
    string Client, int BodyBytes, int Requests, double RoundTripP50Ms, double SolveP50Ms, double AddedP50Ms, double AddedP90Ms, double AddedP99Ms);
