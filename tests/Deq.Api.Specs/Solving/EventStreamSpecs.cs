using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks.Classification;
using Deq.Testing;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Solving;

public sealed class EventStreamSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_the_iterates_and_ends_with_the_ordinary_answer()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();

        (string Type, JsonElement Data)[] events = await client.Events("?top=2");
        JsonElement plain = await client.Post("?top=2").Ok();

        (_, JsonElement result) = events[^1];
        JsonElement[] iterates = [.. events.SkipLast(1).Select(each => each.Data)];
        Assert.Equal("result", events[^1].Type);
        Assert.All(events.SkipLast(1), each => Assert.Equal("iterate", each.Type));
        Assert.Equal(plain.GetProperty("predictions").ToString(), result.GetProperty("predictions").ToString());
        Assert.Equal(plain.EnumerateObject().Select(member => member.Name), result.EnumerateObject().Select(member => member.Name));
        Assert.Equal(plain.Solve().GetProperty("evaluations").GetInt32(), iterates[^1].GetProperty("evaluations").GetInt32());
        Assert.Equal(result.Solve().GetProperty("residual").GetDouble(), iterates[^1].GetProperty("residual").GetDouble());
        Assert.Equal(
            iterates.Select(iterate => iterate.GetProperty("evaluations").GetInt32()).Order().Distinct(),
            iterates.Select(iterate => iterate.GetProperty("evaluations").GetInt32()));
        Assert.All(iterates, iterate => Assert.Equal(["east", "west"], iterate.Labels()));
        Assert.All(iterates, iterate => Assert.Equal(0, iterate.GetProperty("image").GetInt32()));
    }

    [Fact]
    public async Task Says_of_which_image_an_iterate_is()
    {
        using var server = new Server();

        (string Type, JsonElement Data)[] events = await server.CreateClient().Events("", Tensor("3,1,2,2", 9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 9, 0));

        Assert.Equal(3, events[^1].Data.GetProperty("results").GetArrayLength());
        Assert.Equal([0, 1, 2], events.SkipLast(1).Select(each => each.Data.GetProperty("image").GetInt32()).Distinct().Order());
        Assert.All(events.SkipLast(1), each => Assert.Equal(
            Server.Manifest.Labels[each.Data.GetProperty("image").GetInt32()], each.Data.Labels()[0]));
    }

    [Fact]
    public async Task Begins_while_the_solve_goes_on()
    {
        using var seen = new ManualResetEventSlim();
        int evaluations = 0;
        var model = new LinearModel(4)
        {
            Evaluating = _ =>
            {
                if (Interlocked.Increment(ref evaluations) == 3)
                {
                    seen.Wait(s_patience);
                }
            },
        };
        using var server = new Server(model);
        server.UseKestrel();
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage response = await client.Stream();
        await using Stream stream = await response.Content.ReadAsStreamAsync(Cancellation);
        using var reader = new StreamReader(stream);
        string? first = await Bounded.Wait("The first event", async end => await reader.ReadLineAsync(end), Cancellation);
        int made = Volatile.Read(ref evaluations);
        seen.Set();
        string rest = await Bounded.Wait("The end of the events", reader.ReadToEndAsync, Cancellation);

        Assert.Equal("event: iterate", first);
        Assert.InRange(made, 1, 3);
        Assert.Contains("event: result", rest);
    }

    [Theory]
    [InlineData("?top=x", "invalid-parameter")]
    [InlineData("?tolerance=0.5&tolerance=0.1", "conflicting-parameter")]
    public async Task Is_an_ordinary_problem_when_something_is_wrong_before_it_begins(string query, string kind)
    {
        using var server = new Server();

        Task<HttpResponseMessage> call = server.CreateClient().Stream(query);

        await call.Problem(ProblemKinds.All.Single(each => each.Name == kind));
    }

    [Fact]
    public async Task Is_an_ordinary_problem_when_an_image_cannot_be_read()
    {
        using var server = new Server();

        JsonElement problem = await server.CreateClient().Stream("", Bytes([1, 2, 3], "image/png")).Problem(ProblemKinds.UnsupportedImage);

        Assert.NotEmpty(problem.Detail());
    }

    [Fact]
    public async Task Ends_with_a_problem_event_when_something_goes_wrong_after_it_began()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();

        (string Type, JsonElement Data)[] events = await client.Events("?maxEvaluations=2&requireConverged=true");
        JsonElement plain = await client.Post("?maxEvaluations=2&requireConverged=true").Problem(ProblemKinds.NotConverged);

        Assert.Equal(["iterate", "iterate", "problem"], events.Select(each => each.Type));
        Assert.Equal(plain.EnumerateObject().Select(member => member.Name), events[^1].Data.EnumerateObject().Select(member => member.Name));
        Assert.Equal(plain.Detail(), events[^1].Data.Detail());
        Assert.Equal(422, events[^1].Data.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Lets_nothing_of_the_inside_out_when_the_server_fails_after_it_began()
    {
        int evaluations = 0;
        var model = new LinearModel(4)
        {
            Evaluating = _ =>
            {
                if (++evaluations == 3)
                {
                    throw new InvalidOperationException("secret path /srv/models");
                }
            },
        };
        using var server = new Server(model, new Dictionary<string, string> { ["Engine:Threads"] = "1" });

        (string Type, JsonElement Data)[] events = await server.CreateClient().Events();

        Assert.Equal(["iterate", "iterate", "problem"], events.Select(each => each.Type));
        Assert.Equal(ProblemKinds.InternalError.Type, events[^1].Data.GetProperty("type").GetString());
        Assert.DoesNotContain("secret", events[^1].Data.ToString());
    }

    [Fact]
    public async Task Frees_the_rows_of_a_caller_who_hangs_up()
    {
        using var server = new Server(new LinearModel(4) { Slope = -1.0003f, Evaluating = _ => Thread.Sleep(1) });
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        HttpResponseMessage response = await client.Stream(
            "?deadlineMs=30000&maxEvaluations=200&tolerance=1e-6&solver=picard", Tensor("20,1,2,2", [.. Enumerable.Repeat(1f, 80)]));

        response.Dispose();

        Assert.True(SpinWait.SpinUntil(() => server.Engine is { Running: 0, Waiting: 0 }, s_patience));
    }

    [Fact]
    public async Task Drops_older_iterates_and_never_the_result_for_a_caller_who_reads_slowly()
    {
        const int told = 10_000;
        var caller = new SlowReader();
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        http.Response.Body = caller;
        var finish = new TaskCompletionSource<object>();
        using var server = new Server();
        using HeldBodies.Share share = server.Services.GetRequiredService<HeldBodies>().Open("model", "a client");

        Task writing = EventStream.WriteAsync(http, [256], share, async (tell, _) =>
        {
            for (int i = 1; i <= told; i++)
            {
                tell(0, new IterateEvent(0, i, 0.5, []));
            }

            return await finish.Task;
        });
        finish.SetResult(new { Done = true });
        caller.Read();
        await writing;

        string[] events = caller.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(events.Length, 2, 68);
        Assert.StartsWith("event: result", events[^1]);
        Assert.Contains($"\"evaluations\":{told},", events[^2]);
    }

    [Fact]
    public async Task Counts_what_may_wait_for_the_client_before_it_solves_and_refuses_what_has_no_room()
    {
        using var server = new Server(("Limits:BodyBytes", "65536"), ("Limits:HeldBytes", "65536"));
        using HeldBodies.Share share = server.Services.GetRequiredService<HeldBodies>().Open("model", "a client");
        var begun = new List<long>();
        Func<Action<int, object>, CancellationToken, Task<object>> solve = (_, cancellation) =>
        {
            begun.Add(share.Held);
            throw new OperationCanceledException(cancellation);
        };

        ProblemException refused = await Assert.ThrowsAsync<ProblemException>(() => EventStream.WriteAsync(new DefaultHttpContext(), [40_000, 40_000], share, solve));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EventStream.WriteAsync(new DefaultHttpContext(), [500, 100], share, solve));

        Assert.Equal(ProblemKinds.Overloaded, refused.Kind);
        Assert.Equal(64 * 600, Assert.Single(begun));
    }

    /// <summary>A connection whose other end reads nothing until it is asked to.</summary>
    private sealed class SlowReader : MemoryStream
    {
        private readonly TaskCompletionSource _isReading = new();

        public string Text => System.Text.Encoding.UTF8.GetString(ToArray());

        public void Read() => _isReading.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _isReading.Task.WaitAsync(cancellationToken);
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
