using System.Text.Json;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Models;
using Deq.Api.Models.Devices;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Deq.Api.Specs.Models.Devices;

/// <summary>What a server says of a device that fails, and of one that works again.</summary>
public sealed class DeviceTrialsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_in_answers_health_and_metrics_until_the_device_works_again()
    {
        await using var server = new Server();
        using HttpClient client = server.CreateClient();
        var device = new FailingDevice(4) { FailingCalls = int.MaxValue };
        var clock = new ManualClock();
        StandbyModel guarded = device.Guarded(new DeviceCircuit(Server.Model, clock, NullLogger.Instance));
        await server.Catalog.PutAsync(new ServedModel(
            Server.Manifest, Server.Hash, new InferenceEngine(Server.Model, guarded, new EngineOptions { Threads = 1, RowsPerThread = 4 }))
        { Standby = guarded });

        JsonElement first = await client.Post().Ok();
        JsonElement health = await client.GetAsync("/healthz/ready", Cancellation).Ok();
        string metrics = await client.GetStringAsync("/metrics", Cancellation);

        Assert.True(first.Solve().GetProperty("converged").GetBoolean());
        Assert.True(first.Solve().GetProperty("standby").GetBoolean());
        Assert.Equal("ready", health.GetProperty("status").GetString());
        Assert.Equal(Server.Model, Assert.Single(health.GetProperty("standby").EnumerateArray()).GetString());
        Assert.Contains("deq_device_standby{", metrics);
        Assert.Equal((1, 2), (Value(metrics, "deq_device_standby{"), Value(metrics, "deq_device_losses_total{")));

        device.FailingCalls = 0;
        clock.Advance(DeviceCircuit.TrialEvery);
        await server.Services.GetRequiredService<DeviceTrials>().TryAllAsync();

        Assert.False((await client.Post().Ok()).Solve().TryGetProperty("standby", out _));
        Assert.False((await client.GetAsync("/healthz/ready", Cancellation).Ok()).TryGetProperty("standby", out _));
    }

    [Fact]
    public void Is_a_parameter_of_the_open_inference_protocol()
    {
        SolveReport works = SolveReport.Example;

        Assert.Contains(KeyValuePair.Create("deq_standby", (object)true), SolveFacts.Parameters([works, works with { Standby = true }]));
        Assert.DoesNotContain(SolveFacts.Parameters([works]), fact => fact.Key == "deq_standby");
    }

    private static double Value(string metrics, string series) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith(series, StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
