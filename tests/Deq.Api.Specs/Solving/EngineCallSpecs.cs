using System.Collections.Concurrent;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Models;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Solving;

public sealed class EngineCallSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_every_one_of_many_callers_with_their_own_answer()
    {
        using var server = new Server(new LinearModel(4) { Slope = 0.9f });
        server.UseKestrel();
        using HttpClient client = server.CreateClient();

        JsonElement[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i =>
            client.Post("?solver=anderson", Tensor("1,2,2", [.. Enumerable.Range(0, 4).Select(label => label == i % 4 ? 3f : 0f)])).Ok()));

        Assert.All(answers, (answer, i) => Assert.Equal(Server.Manifest.Labels[i % 4], answer.Labels()[0]));
    }

    [Fact]
    public async Task Gives_several_images_of_a_request_the_answers_they_get_alone()
    {
        using var server = new Server(new LinearModel(4) { Slope = 0.8f });
        using HttpClient client = server.CreateClient();
        float[][] images = [[1, 2, 3, 4], [0, 0, 9, 0], [-4, -3, -2, -1], [0.1f, 0, 0, 0]];

        JsonElement together = await client.Post("", Tensor("4,1,2,2", [.. images.SelectMany(image => image)])).Ok();

        Assert.Equal(["model", "version", "sha256", "results"], together.EnumerateObject().Select(member => member.Name));
        for (int i = 0; i < images.Length; i++)
        {
            JsonElement alone = await client.Post("", Tensor("1,2,2", images[i])).Ok();
            JsonElement result = together.GetProperty("results")[i];
            Assert.Equal(alone.GetProperty("predictions").ToString(), result.GetProperty("predictions").ToString());
            Assert.Equal(alone.Solve().GetProperty("evaluations").GetInt32(), result.Solve().GetProperty("evaluations").GetInt32());
            Assert.Equal(["predictions", "solve"], result.EnumerateObject().Select(member => member.Name));
        }
    }

    [Theory]
    [InlineData(float.NaN, true, "Image 1 of 2: The encoder or the cell gave numbers that are not finite for this input")]
    [InlineData(0.5f, true, "Image 1 of 2: The output of the best iterate is not finite")]
    [InlineData(float.NaN, false, "The encoder or the cell gave numbers that are not finite for this input")]
    public async Task Names_the_place_of_a_fault_among_images_not_among_the_parts_of_one(float slope, bool areImages, string detail)
    {
        using var server = new Server(new LinearModel(4) { Slope = slope });
        using ModelLease lease = server.Services.GetRequiredService<ModelCatalogue>().Rent("linear");
        RequestLimits limits = server.Services.GetRequiredService<RequestLimits>();
        SolveGrant grant = SolveGrant.Of(SolveRequest.Parse([], server.Services.GetRequiredService<BudgetCatalogue>().Of(lease.Model), []), lease.Model.Manifest, limits);
        var part = new SolvePart { Input = numbers => numbers.Fill(1), Output = _ => null, IsImage = areImages };

        ProblemException fault = await Assert.ThrowsAsync<ProblemException>(() =>
            new EngineCall(lease.Model, grant, TimeSpan.FromMinutes(1)).SolveAsync([part, part], null, continuesOnEngineThread: false, Cancellation));

        Assert.Equal(ProblemKinds.Diverged, fault.Kind);
        Assert.StartsWith(detail, fault.Message);
    }

    [Fact]
    public async Task Refuses_politely_what_its_queue_cannot_hold()
    {
        using var open = new ManualResetEventSlim();
        using var arrived = new ManualResetEventSlim();
        var model = new LinearModel(4)
        {
            Encoding = () =>
            {
                arrived.Set();
                open.Wait(TimeSpan.FromSeconds(30));
            },
        };
        using var server = new Server(model, new Dictionary<string, string>
        {
            ["Engine:Threads"] = "1",
            ["Engine:QueueCapacity"] = "2",
            ["Limits:Images"] = "2",
        });
        using HttpClient client = server.CreateClient();
        Task<HttpResponseMessage> running = client.Post();
        Assert.True(arrived.Wait(TimeSpan.FromSeconds(30), Cancellation));
        Task<HttpResponseMessage> waiting = client.Post("", Tensor("2,1,2,2", new float[8]));
        Assert.True(SpinWait.SpinUntil(() => server.Engine.Waiting == 2, TimeSpan.FromSeconds(30)));

        JsonElement problem = await client.Post().Problem(ProblemKinds.QueueFull);
        JsonElement live = await client.GetAsync("/healthz/live", Cancellation).Ok();

        open.Set();
        await running.Ok();
        await waiting.Ok();
        Assert.StartsWith("The queue of this model is full", problem.Detail());
        Assert.Equal("live", live.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Refuses_at_once_a_deadline_that_not_even_one_evaluation_would_meet()
    {
        var clock = new SteppedClock();
        var model = new LinearModel(4) { Evaluating = _ => clock.Advance(TimeSpan.FromMilliseconds(20)) };
        using var server = new Server(model, new Dictionary<string, string> { ["Engine:Threads"] = "1" }) { Clock = clock };
        using HttpClient client = server.CreateClient();
        await client.Post("?maxEvaluations=3").Ok();

        // The clock moves in evaluations alone: the thread has noted the last of them, and the answer, once it was busy all the time.
        Assert.True(SpinWait.SpinUntil(() => server.Engine.Snapshot().BusyShare >= 1, TimeSpan.FromSeconds(60)), "The engine has not noted its first answer.");

        JsonElement problem = await client.Post("?deadlineMs=2").Problem(ProblemKinds.DeadlineUnreachable);
        JsonElement stats = await client.GetAsync("/api/v1/models/linear/stats", Cancellation).Ok();

        Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), 1, 60_000);
        Assert.Equal(1, stats.GetProperty("refusals").GetProperty("deadline-unreachable").GetInt32());
    }

    [Fact]
    public async Task Refuses_politely_bodies_beyond_what_it_may_hold()
    {
        using var open = new ManualResetEventSlim();
        using var arrived = new ManualResetEventSlim();
        var model = new LinearModel(4)
        {
            Encoding = () =>
            {
                arrived.Set();
                open.Wait(TimeSpan.FromSeconds(30));
            },
        };
        using var server = new Server(model, new Dictionary<string, string> { ["Limits:BodyBytes"] = "20", ["Limits:HeldBytes"] = "20" });
        using HttpClient client = server.CreateClient();
        Task<HttpResponseMessage> held = client.Post();
        Assert.True(arrived.Wait(TimeSpan.FromSeconds(30), Cancellation));

        JsonElement problem = await client.Post().Problem(ProblemKinds.Overloaded);
        open.Set();
        await held.Ok();
        await client.Post().Ok();
        JsonElement stats = await client.GetAsync("/api/v1/models/linear/stats", Cancellation).Ok();

        Assert.Equal(20, problem.GetProperty("limit").GetInt32());
        Assert.Equal(1, stats.GetProperty("refusals").GetProperty("bodies").GetInt32());
    }

    [Fact]
    public async Task Frees_the_rows_of_a_caller_who_hangs_up()
    {
        using var started = new ManualResetEventSlim();
        var model = new LinearModel(4)
        {
            Slope = -1.0003f,
            Evaluating = _ =>
            {
                started.Set();
                Thread.Sleep(1);
            },
        };
        using var server = new Server(model);
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using var caller = new CancellationTokenSource();
        Task call = client.PostAsync(
            Classify + "?deadlineMs=30000&maxEvaluations=200&solver=picard", Tensor("20,1,2,2", [.. Enumerable.Repeat(1f, 80)]), caller.Token);
        Assert.True(started.Wait(TimeSpan.FromSeconds(30), Cancellation));

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(SpinWait.SpinUntil(() => server.Engine is { Running: 0, Waiting: 0 }, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Computes_on_no_thread_that_handles_requests()
    {
        var threads = new ConcurrentDictionary<string, bool>();
        void Note() => threads[Thread.CurrentThread.Name ?? "unnamed"] = Thread.CurrentThread.IsThreadPoolThread;
        using var server = new Server(new LinearModel(4) { Encoding = Note, Decoding = Note, Evaluating = _ => Note() });
        using HttpClient client = server.CreateClient();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => client.Post().Ok()));

        Assert.NotEmpty(threads);
        Assert.All(threads, thread => Assert.StartsWith("linear #", thread.Key));
        Assert.All(threads, thread => Assert.False(thread.Value));
    }
}
