using System.Text.Json;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Api.Tasks;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferSequencesSpecs : IDisposable
{
    private const int Width = 48;
    private const int Height = 32;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TensorServer _server = new(("Limits:ClientHeader", "X-Api-Key"), ("Streams:PerCaller", "2"));
    private readonly HttpClient _client;
    private readonly ManualClock _clock = new();

    public InferSequencesSpecs() => _client = _server.CreateClient();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Start_a_pair_where_the_pair_before_ended_and_answer_as_a_pair_alone()
    {
        JsonElement first = await Ask("\"sequence_id\":42,\"sequence_start\":true", 0).Ok();
        JsonElement second = await Ask("\"sequence_id\":42", 1).Ok();
        JsonElement gap = await Ask("\"sequence_id\":42", 5).Ok();
        JsonElement alone = await Ask("\"deq_tolerance\":0.0001", 1).Ok();

        Assert.Equal(("first", false), (Cold(first), IsWarm(first)));
        Assert.Equal((null, true), (Cold(second), IsWarm(second)));
        Assert.Equal(("gap", false), (Cold(gap), IsWarm(gap)));
        Assert.False(IsWarm(alone));
        Assert.All(second.Output("flow").Numbers().Zip(alone.Output("flow").Numbers()), pair => Assert.Equal(pair.First, pair.Second, 0.05f));
    }

    [Fact]
    public async Task End_when_a_request_says_so_and_start_anew_at_any_time()
    {
        await Ask("\"sequence_id\":\"cam\",\"sequence_start\":true", 0).Ok();
        JsonElement again = await Ask("\"sequence_id\":\"cam\",\"sequence_start\":true", 1).Ok();
        JsonElement last = await Ask("\"sequence_id\":\"cam\",\"sequence_end\":true", 2).Ok();

        JsonElement problem = await Ask("\"sequence_id\":\"cam\"", 3).Problem(ProblemKinds.StreamNotFound);

        Assert.Equal("first", Cold(again));
        Assert.True(IsWarm(last));
        Assert.Contains("sequence_start", problem.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_anew_where_the_one_of_that_id_has_lain_idle_for_too_long_and_is_not_closed_yet()
    {
        InferSequences sequences = Sequences();
        await Answer(sequences, isStart: true);
        _clock.Advance(_server.Services.GetRequiredService<StreamLimits>().Idle);

        InferAnswer? again = await Answer(sequences, isStart: true);
        InferAnswer? next = await Answer(sequences);

        Assert.All([again, next], answer => Assert.NotNull(answer));
    }

    [Fact]
    public async Task Start_anew_where_the_one_of_that_id_ends_while_the_start_waits_for_its_turn()
    {
        InferSequences sequences = Sequences();
        await Answer(sequences, isStart: true);
        var solved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<InferAnswer?> ending = Answer(sequences, isEnd: true, solved: solved.Task);
        Task<InferAnswer?> starting = Answer(sequences, isStart: true);
        bool waits = !starting.IsCompleted;

        solved.SetResult();

        InferAnswer?[] answers = await Task.WhenAll(ending, starting).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        InferAnswer? next = await Answer(sequences);
        Assert.True(waits);
        Assert.All([.. answers, next], answer => Assert.NotNull(answer));
    }

    [Fact]
    public async Task Belong_to_a_client_which_may_have_as_many_as_streams()
    {
        await Ask("\"sequence_id\":1,\"sequence_start\":true", 0).Ok();
        await Ask("\"sequence_id\":2,\"sequence_start\":true", 0).Ok();
        _client.DefaultRequestHeaders.Add("X-Api-Key", "other");
        await Ask("\"sequence_id\":1", 1).Problem(ProblemKinds.StreamNotFound);
        _client.DefaultRequestHeaders.Remove("X-Api-Key");

        await Ask("\"sequence_id\":3,\"sequence_start\":true", 0).Problem(ProblemKinds.TooManyStreams);
        await Ask("\"sequence_id\":1,\"sequence_end\":true", 1).Ok();
        await Ask("\"sequence_id\":3,\"sequence_start\":true", 0).Ok();
    }

    [Fact]
    public async Task That_never_begin_take_no_place()
    {
        for (int id = 1; id <= 3; id++)
        {
            await Ask($"\"sequence_id\":{id},\"sequence_start\":true,\"deq_max_evaluations\":1,\"deq_tolerance\":1e-6,\"deq_require_converged\":true", 0).Problem(ProblemKinds.NotConverged);
        }

        await Ask("\"sequence_id\":4,\"sequence_start\":true", 0).Ok();
        await Ask("\"sequence_id\":1", 1).Problem(ProblemKinds.StreamNotFound);
    }

    [Theory]
    [InlineData("\"sequence_id\":1.5,\"sequence_start\":true", "a whole number")]
    [InlineData("\"sequence_id\":-1,\"sequence_start\":true", "a whole number")]
    [InlineData("\"sequence_id\":true,\"sequence_start\":true", "a whole number")]
    [InlineData("\"sequence_id\":false,\"sequence_start\":true", "a whole number")]
    [InlineData("\"sequence_start\":true", "sequence_start: there is no sequence_id")]
    [InlineData("\"sequence_id\":0,\"sequence_end\":true", "sequence_end: there is no sequence_id")]
    [InlineData("\"sequence_id\":1,\"sequence_start\":\"yes\"", "it must be true or false")]
    [InlineData("\"sequence_id\":1,\"sequence_start\":true", "has one row, this one 2", 2)]
    public async Task Are_refused_with_a_parameter_that_is_none(string parameters, string why, int rows = 1)
    {
        JsonElement problem = await Ask(parameters, 0, rows).Problem(ProblemKinds.InvalidParameter);

        Assert.Contains(why, problem.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_refused_of_a_model_that_keeps_nothing()
    {
        string json = $$"""{"parameters":{"sequence_id":7,"sequence_start":true},"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1))}}]}""";

        JsonElement problem = await _client.Infer("tiny", json).Problem(ProblemKinds.InvalidParameter);

        Assert.Contains("'tiny' keeps nothing between requests", problem.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private InferSequences Sequences()
    {
        StreamMetrics metrics = _server.Services.GetRequiredService<StreamMetrics>();
        return new InferSequences(new StreamStore(_server.Services.GetRequiredService<StreamLimits>(), _clock, metrics), metrics);
    }

    /// <summary>The answer to a request of one sequence, once it counts as solved.</summary>
    private Task<InferAnswer?> Answer(InferSequences sequences, bool isStart = false, bool isEnd = false, Task? solved = null)
    {
        TensorModel model = _server.Services.GetRequiredService<TensorModels>().Find(TinyFlowBundle.Name, null);
        var asked = SolveRequest.Parse([], _server.Services.GetRequiredService<BudgetCatalogue>().Of(model.Served), []);
        var grant = SolveGrant.Of(asked, model.Served.Manifest, _server.Services.GetRequiredService<RequestLimits>());
        return sequences.AnswerAsync(new InferSequence("cam", isStart, isEnd), model, grant, SolveAsync, TestContext.Current.CancellationToken);

        async Task<(InferAnswer Answer, SequencedOutcome Outcome)?> SolveAsync(StreamMemory last)
        {
            await (solved ?? Task.CompletedTask);
            return (new InferAnswer { Model = model.Name, Version = model.Version, Id = null, Parameters = [], Outputs = [] }, new SequencedOutcome(new Nothing(), "cold", null));
        }
    }

    private static bool IsWarm(JsonElement answer) => answer.GetProperty("parameters").GetProperty("deq_warm").GetBoolean();

    private static string? Cold(JsonElement answer) => answer.GetProperty("parameters").TryGetProperty("deq_cold_reason", out JsonElement reason) ? reason.GetString() : null;

    private Task<HttpResponseMessage> Ask(string parameters, int frame, int rows = 1) => _client.Infer(
        TinyFlowBundle.Name,
        $$"""{"parameters":{{{parameters}}},"inputs":[{{Frames("frame1", frame, rows)}},{{Frames("frame2", frame + 1, rows)}}]}""");

    /// <summary>Rows of a pattern that drifts by a fifth of a pixel from frame to frame.</summary>
    private static string Frames(string name, int index, int rows)
    {
        IEnumerable<int> colours = Enumerable.Range(0, Width * Height).SelectMany(pixel =>
            Enumerable.Repeat((int)(70 + (20 * Math.Sin(((pixel % Width) + (index * 0.2)) / 5) * Math.Cos(pixel / Width / 4.0))), 3));
        return $$"""{"name":"{{name}}","datatype":"UINT8","shape":[{{rows}},{{Height}},{{Width}},3],"data":[{{string.Join(',', Enumerable.Repeat(colours, rows).SelectMany(each => each))}}]}""";
    }

    /// <summary>What a sequence keeps in these specs.</summary>
    private sealed record Nothing : IKeptFrame
    {
        public long Bytes => 0;

        public bool HasStart => false;

        public IKeptFrame WithoutStart() => this;
    }
}
