using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Deq.Api.Observability;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Observability;

public sealed class TelemetrySpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_model_count_answers_by_why_they_stopped_and_what_they_took()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        JsonElement converged = await client.Post().Ok();
        await client.Post("?maxEvaluations=2").Ok();
        await client.Post("?maxEvaluations=2", Tensor("2,1,2,2", 1, 2, 3, 4, 5, 6, 7, 8)).Ok();

        JsonElement stats = await client.GetAsync("/api/v1/models/linear/stats", Cancellation).Ok();

        int evaluations = converged.Solve().GetProperty("evaluations").GetInt32();
        JsonElement answers = stats.GetProperty("answers");
        Assert.Equal(4, answers.GetProperty("count").GetInt32());
        Assert.Equal(1, answers.GetProperty("byStop").GetProperty("tolerance").GetInt32());
        Assert.Equal(3, answers.GetProperty("byStop").GetProperty("evaluations").GetInt32());
        Assert.Equal(0, answers.GetProperty("warmShare").GetDouble());
        Assert.Empty(stats.GetProperty("refusals").EnumerateObject());
        Assert.Equal((6.0 + evaluations) / 4, stats.GetProperty("evaluations").GetProperty("mean").GetDouble(), 1e-9);
        foreach (string histogram in new[] { "evaluations", "residual", "solveSeconds", "queueSeconds", "batchOccupancy" })
        {
            Assert.Equal(4, stats.GetProperty(histogram).GetProperty("count").GetInt32());
            Assert.Equal(4, stats.GetProperty(histogram).GetProperty("buckets").EnumerateArray().Sum(bucket => bucket.GetProperty("count").GetInt32()));
        }

        Assert.Equal(server.Engine.Snapshot().Capacity, stats.GetProperty("engine").GetProperty("capacity").GetInt32());
    }

    [Fact]
    public async Task Of_another_server_in_the_process_are_not_this_one_s()
    {
        using var server = new Server();
        using var other = new Server();
        using HttpClient client = server.CreateClient();
        await other.CreateClient().Post().Ok();

        JsonElement stats = await client.GetAsync("/api/v1/models/linear/stats", Cancellation).Ok();

        Assert.Equal(0, stats.GetProperty("answers").GetProperty("count").GetInt32());
        Assert.Equal(JsonValueKind.Null, stats.GetProperty("evaluations").GetProperty("p50").ValueKind);
    }

    [Fact]
    public async Task Are_there_as_text_for_Prometheus()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        await client.Post().Ok();

        string text = await client.GetStringAsync("/metrics", Cancellation);

        string[] names =
        [
            "deq_evaluations_bucket{", "deq_residual_bucket{", "deq_solve_duration_seconds_bucket{", "deq_queue_duration_seconds_bucket{",
            "deq_batch_occupancy_bucket{", "deq_answers_total{", "deq_engine_waiting{", "deq_engine_capacity{", "http_server_request_duration_seconds_bucket{",
        ];
        Assert.All(names, name => Assert.Contains(name, text));
        Assert.Contains("model=\"linear\"", text);
        Assert.Contains("stop=\"tolerance\"", text);
    }

    [Fact]
    public async Task Leave_the_process_by_OTLP_where_it_is_configured_with_a_span_of_every_phase()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        using var server = new Server(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{collector.LocalEndpoint}"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "2000"));
        JsonElement answer = await server.CreateClient().Post().Ok();
        var sent = new StringBuilder();
        string[] phases = ["queue", "encode", "solve", "decode", "Deq.Runtime", "deq"];

        using TcpClient exporter = await Bounded.Wait("The exporter's connection", end => collector.AcceptTcpClientAsync(end).AsTask(), Cancellation);
        byte[] buffer = new byte[64 << 10];
        while (!phases.All(phase => sent.ToString().Contains(phase, StringComparison.Ordinal))
            && await Bounded.Wait("What is exported", end => exporter.GetStream().ReadAsync(buffer, end).AsTask(), Cancellation) is int read and > 0)
        {
            sent.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        Assert.All(phases, phase => Assert.Contains(phase, sent.ToString()));
        Assert.StartsWith("POST /v1/traces", sent.ToString());
        Assert.True(answer.Solve().GetProperty("converged").GetBoolean());
        await exporter.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Cancellation);
    }

    [Fact]
    public void Of_a_histogram_lose_nothing_however_many_threads_record()
    {
        var histogram = new LiveHistogram([1, 10, 100]);

        Parallel.For(0, 10_000, i => histogram.Record(i % 4 == 3 ? 1000 : Math.Pow(10, i % 4)));

        HistogramReport report = histogram.Read();
        Assert.Equal(10_000, report.Count);
        Assert.Equal([new(1, 2500), new(10, 2500), new(100, 2500), new(null, 2500)], report.Buckets);
        Assert.Equal(1111.0 / 4, report.Mean!.Value, 1e-9);
    }

    [Fact]
    public void Of_a_histogram_give_quantiles_within_the_bucket_that_holds_them()
    {
        var histogram = new LiveHistogram([1, 2, 4, 8]);

        foreach (double value in new[] { 0.5, 1.5, 1.5, 3, 3, 3, 3, 5, 5, 5, double.NaN })
        {
            histogram.Record(value);
        }

        HistogramReport report = histogram.Read();
        Assert.Equal(10, report.Count);
        Assert.Equal(3, report.P50!.Value, 1e-9);
        Assert.InRange(report.P99!.Value, 4, 8);
    }

    [Fact]
    public async Task Of_a_request_are_one_line_of_the_log_without_what_was_sent()
    {
        var log = new LogLines();
        using var server = new Server();
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.AddProvider(log)));
        using HttpClient client = logged.CreateClient();

        await client.Post("?maxEvaluations=2", Tensor("2,1,2,2", 1, 2, 3, 4, 5, 6, 7, 8)).Ok();
        await client.PostAsync("/api/v1/models/no%0Asuch/classify", Tensor(), Cancellation);

        await logged.Services.GetRequiredService<IHost>().StopAsync(Cancellation);
        string[] lines = log.Of(RequestLog.Category);
        Assert.Matches("^POST route=/api/v1/models/{model}/classify model=linear status=200 stop=evaluations evaluations=4 ms=[0-9.]+ ended=[0-9T:.-]+Z trace=[0-9a-f]{32}$", lines[0]);
        Assert.Matches("^POST route=/api/v1/models/{model}/classify model= status=404 stop= evaluations= ms=[0-9.]+ ended=[0-9T:.-]+Z trace=[0-9a-f]{32}$", Assert.Single(lines[1..]));
    }

    [Fact]
    public async Task Of_a_request_do_not_repeat_a_method_that_there_is_not()
    {
        var log = new LogLines();
        using var server = new Server();
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.AddProvider(log)));
        using HttpClient client = logged.CreateClient();
        using HttpRequestMessage request = new(new HttpMethod(new string('X', 4000)), Classify);

        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);

        await logged.Services.GetRequiredService<IHost>().StopAsync(Cancellation);
        string line = Assert.Single(log.Of(RequestLog.Category));
        Assert.StartsWith("other route=", line);
        Assert.DoesNotContain("XX", line);
    }

    [Fact]
    public async Task Of_a_socket_are_one_line_with_the_evaluations_of_all_its_frames()
    {
        var log = new LogLines();
        using var server = new StreamServer();
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.AddProvider(log)));
        using HttpClient client = logged.CreateClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", "one");
        WebSocketClient sockets = logged.Server.CreateWebSocketClient();
        sockets.ConfigureRequest = request => request.Headers["X-Api-Key"] = "one";
        string stream = await StreamServer.Open(client);
        using WebSocket socket = await sockets.ConnectAsync(new Uri($"ws://localhost{stream}/ws"), Cancellation);
        for (int i = 0; i < 4; i++)
        {
            await FrameSockets.Send(socket, StreamServer.Frame(i));
        }

        JsonElement[] results = await FrameSockets.ReadMany(socket, 4);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);

        bool isLogged = SpinWait.SpinUntil(() => Lines().Length > 0, TimeSpan.FromSeconds(30));
        Assert.True(isLogged);
        long evaluations = results.Skip(1).Sum(result => result.Solve().GetProperty("evaluations").GetInt64());
        Assert.Contains($" evaluations={evaluations} ", Assert.Single(Lines()), StringComparison.Ordinal);

        string[] Lines() => [.. log.Of(RequestLog.Category).Where(line => line.Contains("/ws ", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Of_requests_leave_the_log_when_their_category_is_off()
    {
        var log = new LogLines();
        using var server = new Server(("Logging:LogLevel:Deq.Api.Requests", "Warning"));
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.AddProvider(log)));

        await logged.CreateClient().Post().Ok();
        await logged.Services.GetRequiredService<IHost>().StopAsync(Cancellation);

        Assert.Empty(log.Of(RequestLog.Category));
    }
}
