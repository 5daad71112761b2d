using System.Diagnostics;
using System.Net.Sockets;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Requests;

public sealed class OpenConnectionsSpecs
{
    private const string Classify = "/api/v1/models/tiny/classify";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_half_a_head_or_half_a_body_do_not_hold_up_the_end()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess process = server;
        using RawClient head = await RawClient.Connect(client.BaseAddress!);
        await head.Send("POST /api/v1/mod");
        using RawClient body = await RawClient.Connect(client.BaseAddress!);
        await body.Send(RawClient.Head(Classify, 1_000_000));
        await body.Send(new byte[900_000]);
        await client.GetAsync("/healthz/live", Cancellation).Ok();

        var ending = Stopwatch.StartNew();
        int exitCode = await process.Terminate();

        // The framework's own patience is 30 s. The exact times are those of the specs with a clock of their own, here and in BodyDeadlineSpecs.
        Assert.Equal(0, exitCode);
        Assert.InRange(ending.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        client.Dispose();
    }

    [Fact]
    public async Task Are_cut_half_a_second_after_the_last_answer()
    {
        var clock = new SteppedClock();
        var open = new OpenConnections(clock);
        var connection = new DefaultConnectionContext();
        var left = new TaskCompletionSource();
        var answered = new TaskCompletionSource();
        Task serving = open.ServeAsync(connection, null, _ => left.Task);
        Task request = open.HandleAsync(new DefaultHttpContext(), _ => answered.Task);
        Task closing = open.CloseAsync(() => true);
        clock.Advance(TimeSpan.FromHours(1));
        await WaitingAsync(clock);
        answered.SetResult();
        await request;
        clock.Advance(TimeSpan.FromMilliseconds(50));
        await WaitingAsync(clock);

        clock.Advance(TimeSpan.FromMilliseconds(500) - TimeSpan.FromTicks(1));
        bool stays = !closing.IsCompleted && !connection.ConnectionClosed.IsCancellationRequested;
        clock.Advance(TimeSpan.FromTicks(1));

        await closing.WaitAsync(s_patience, Cancellation);
        Assert.True(stays);
        Assert.True(connection.ConnectionClosed.WaitHandle.WaitOne(s_patience));
        left.SetResult();
        await serving;
    }

    [Fact]
    public async Task Of_clients_that_open_more_than_there_are_descriptors_leave_room_for_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such limit.");
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client) = await ServerProcess.StartWithin(descriptors: 500, $"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess process = server;
        List<RawClient> parked = await ParkAsync(client.BaseAddress!, 600, i => $"127.0.0.{20 + (i % 4)}");

        await client.PostAsync(Classify, Calls.Tensor($"1,1,{TinyBundle.Side},{TinyBundle.Side}", new float[TinyBundle.InputLength]), Cancellation).Ok();
        parked.ForEach(one => one.Dispose());
        await client.PostAsync(Classify, Calls.Tensor($"1,1,{TinyBundle.Side},{TinyBundle.Side}", new float[TinyBundle.InputLength]), Cancellation).Ok();
        Assert.Equal(0, await process.Terminate());
        client.Dispose();
    }

    [Fact]
    public async Task Are_bounded_and_one_client_has_no_more_than_its_share()
    {
        using var server = new Server(("Kestrel:Limits:MaxConcurrentConnections", "20"));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();

        List<RawClient> parked = await ParkAsync(client.BaseAddress!, 30, _ => "127.0.0.66");
        await client.GetAsync("/healthz/live", Cancellation).Ok();

        parked.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task That_are_reset_leave_no_fault_in_the_log()
    {
        var log = new LogLines();
        using var server = new Server(new Deq.Testing.Models.LinearModel(4) { Slope = 0.999f });
        using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.AddProvider(log)));
        logged.UseKestrel();
        using HttpClient client = logged.CreateClient();
        byte[] tensor = RawClient.Head(Calls.Classify, 16, "application/octet-stream\r\nX-Tensor-Shape: 1,2,2");
        byte[] watched = RawClient.Head(
            Calls.Classify + "?maxEvaluations=200&tolerance=1e-6", 16, "application/octet-stream\r\nX-Tensor-Shape: 1,2,2\r\nAccept: text/event-stream");
        byte[] form = RawClient.Head(Calls.Classify, 1000, "multipart/form-data; boundary=b");
        byte[] part = [.. form, .. "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\nabc"u8];
        for (int i = 0; i < 20; i++)
        {
            await LeaveAsync(client, [.. tensor, 1, 2, 3], reads: false);
            await LeaveAsync(client, part, reads: false);
            await LeaveAsync(client, [.. watched, .. new byte[16]], reads: true);
        }

        await client.Post().Ok();

        OpenConnections open = logged.Services.GetRequiredService<OpenConnections>();
        Assert.True(SpinWait.SpinUntil(() => open.Requests == 0, TimeSpan.FromSeconds(30)), $"{open.Requests} requests");
        Assert.True(log.Faults.Length == 0, string.Join("\n", log.Faults));
    }

    [Fact]
    public async Task Are_cut_two_seconds_after_anything_was_computed_or_read()
    {
        var clock = new SteppedClock();
        var open = new OpenConnections(clock);
        var connection = new DefaultConnectionContext();
        var unread = new TaskCompletionSource();
        Task serving = open.ServeAsync(connection, null, _ => unread.Task);
        Task handling = open.HandleAsync(new DefaultHttpContext(), _ => unread.Task);
        bool isComputing = true;

        Task closing = open.CloseAsync(() => isComputing);
        Pass(clock, TimeSpan.FromSeconds(20), closing);
        bool isCutWhileComputing = closing.IsCompleted;
        isComputing = false;
        Pass(clock, TimeSpan.FromSeconds(20), closing, open.NoteSent);
        bool isCutWhileRead = closing.IsCompleted;
        Pass(clock, TimeSpan.FromSeconds(2.2), closing);

        Assert.False(isCutWhileComputing);
        Assert.False(isCutWhileRead);
        await closing.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        Assert.True(SpinWait.SpinUntil(() => connection.ConnectionClosed.IsCancellationRequested, TimeSpan.FromMinutes(1)));
        Assert.True(OpenConnections.Patience + OpenConnections.Grace <= TimeSpan.FromSeconds(2));
        unread.SetResult();
        await Task.WhenAll(serving, handling);
    }

    [Fact]
    public void That_become_sockets_are_shared_between_clients_and_one_too_many_is_told()
    {
        var open = new OpenConnections(TimeProvider.System);
        open.Bound(null, 8);
        IDisposable[] greedy = [.. Enumerable.Range(0, 4).Select(_ => open.TakeSocket("greedy"))];

        ProblemException refusal = Assert.Throws<ProblemException>(() => open.TakeSocket("greedy"));
        using (IDisposable other = open.TakeSocket("other"))
        {
            Array.ForEach(greedy, each => each.Dispose());
        }

        Assert.Equal(ProblemKinds.Overloaded, refusal.Kind);
        Assert.Contains("8", refusal.Message, StringComparison.Ordinal);
        greedy[0].Dispose();
        Assert.All(Enumerable.Range(0, 4), _ => open.TakeSocket("greedy"));
    }

    /// <summary>Lets time pass in the steps in which the end is looked for.</summary>
    private static void Pass(SteppedClock clock, TimeSpan time, Task until, Action? meanwhile = null)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time && !until.IsCompleted; passed += TimeSpan.FromMilliseconds(50))
        {
            Assert.True(SpinWait.SpinUntil(() => clock.Waiting > 0 || until.IsCompleted, TimeSpan.FromMinutes(1)));
            meanwhile?.Invoke();
            clock.Advance(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>Opens connections that send half a head and stay.</summary>
    private static async Task<List<RawClient>> ParkAsync(Uri server, int count, Func<int, string> address)
    {
        List<RawClient> parked = [];
        for (int i = 0; i < count; i++)
        {
            try
            {
                RawClient one = await RawClient.Connect(server, address(i));
                parked.Add(one);
                await one.Send("POST /api/v1/mod");
            }
            catch (SocketException)
            {
                // Cut: its client has its share.
            }
        }

        return parked;
    }

    /// <summary>Waits until something waits for the clock again.</summary>
    private static async Task WaitingAsync(SteppedClock clock)
    {
        await Task.Yield();
        Assert.True(SpinWait.SpinUntil(() => clock.Waiting > 0, s_patience));
    }

    private static async Task LeaveAsync(HttpClient server, byte[] request, bool reads)
    {
        RawClient client = await RawClient.Connect(server.BaseAddress!);
        await client.Send(request);
        if (reads)
        {
            await client.ReadSome();
        }
        else
        {
            await server.GetAsync("/healthz/live", Cancellation).Ok();
        }

        client.Reset();
    }
}
