using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class LogsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hold_up_neither_requests_nor_the_end_where_what_reads_them_is_stuck()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client) = await ServerProcess.StartUnread($"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess process = server;

        // A line each, of some 130 bytes: the pipe takes 64 KiB, and the logger's own queue 2 500 lines.
        for (int i = 0; i < 5_000; i++)
        {
            using HttpResponseMessage answer = await client.GetAsync("/api/v1/models/none", Cancellation);
        }

        using HttpResponseMessage live = await client.GetAsync("/healthz/live", Cancellation);
        int exitCode = await server.Terminate();

        Assert.Equal((System.Net.HttpStatusCode.OK, 0), (live.StatusCode, exitCode));
        client.Dispose();
    }

    [Fact]
    public async Task Warn_of_nothing_at_a_start_with_a_second_address_for_gRPC()
    {
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);

        (ServerProcess server, HttpClient client, string log) = await ServerProcess.StartAndKeepLog(
            $"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", "--OpenInference:GrpcUrl=http://127.0.0.1:0");

        await using ServerProcess process = server;
        Assert.Contains("Serving tiny", log, StringComparison.Ordinal);
        Assert.DoesNotContain("warn:", log, StringComparison.Ordinal);
        client.Dispose();
    }

    [Fact]
    public async Task Warn_once_of_measured_layouts_that_cannot_be_used()
    {
        using var models = new TemporaryFolder();
        using var cache = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        string[] arguments = [$"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Execution:IntraOpThreads=1", $"--Engine:CacheDirectory={cache.Path}"];
        (ServerProcess first, HttpClient client) = await ServerProcess.Start([.. arguments, "--Engine:MeasureMs=8000"]);
        client.Dispose();
        await first.DisposeAsync();
        File.WriteAllText(Assert.Single(Directory.GetFiles(cache.Path)), "{}");

        (ServerProcess server, client, string log) = await ServerProcess.StartAndKeepLog(arguments);

        await using ServerProcess process = server;
        client.Dispose();
        Assert.Single(log.Split('\n'), line => line.Contains("what layouts of tiny cost cannot be used", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Grpc.AspNetCore.Server.ServerCallHandler")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel")]
    public void Leave_out_what_frameworks_say_of_each_request(string category)
    {
        using var server = new Server();

        ILogger logger = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

        Assert.False(logger.IsEnabled(LogLevel.Information));
        Assert.True(logger.IsEnabled(LogLevel.Error));
    }
}
