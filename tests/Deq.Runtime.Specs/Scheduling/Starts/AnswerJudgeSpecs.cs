using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Starts;

/// <summary>Solves of f(z) = z/2 + x/2 at x = 1, whose answers are judged.</summary>
public sealed class AnswerJudgeSpecs
{
    private static readonly EngineOptions OneThread = new() { Threads = 1, RowsPerThread = 4 };

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    [Fact]
    public async Task A_refused_solve_goes_on_until_its_answer_is_accepted()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        InferenceRequest<float[]> loose = Request(1) with { Tolerance = new Tolerance { Limit = 0.01 } };

        InferenceAnswer<float[]> plain = await engine.Ask(loose);
        InferenceAnswer<float[]> judged = await engine.Ask(loose with { Judge = Near(1e-4f) });

        Assert.True(judged.Solution is { Converged: true, Restarts: 0 });
        Assert.True(judged.Solution.Evaluations > plain.Solution.Evaluations);
        Assert.InRange(judged.Result![0], 1 - 1e-4f, 1 + 1e-4f);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task An_accepted_answer_changes_nothing(string method)
    {
        await using var engine = new InferenceEngine("test", new LinearModel(3) { Slope = 0.9f }, OneThread);
        InferenceRequest<float[]> request = Request(1, 2, 3) with { Method = FixedPointMethods.Named(method) };

        InferenceAnswer<float[]> plain = await engine.Ask(request);
        InferenceAnswer<float[]> judged = await engine.Ask(request with { Judge = new AnswerJudge { Accepts = _ => true } });

        Assert.Equal(plain.Solution, judged.Solution);
        Assert.Equal(plain.Result, judged.Result);
    }

    [Fact]
    public async Task A_start_that_is_refused_again_and_again_begins_anew_and_every_evaluation_counts()
    {
        int evaluated = 0;
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Evaluating = _ => evaluated++ }, OneThread);
        int first = (await engine.Ask(Request(1))).Solution.Evaluations;
        int second = (await engine.Ask(Request(1) with { Start = new float[] { 10 } })).Solution.Evaluations;
        evaluated = 0;

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Judge = AfterRestarts(1, state: 10) });

        Assert.Equal((StopReason.Tolerance, 1), (answer.Solution.Stop, answer.Solution.Restarts));
        Assert.Equal(first + AnswerJudge.MostRefusals - 1 + second, answer.Solution.Evaluations);
        Assert.Equal(evaluated, answer.Solution.Evaluations);
    }

    [Fact]
    public async Task A_cycle_that_is_refused_begins_again()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = -1 }, OneThread);

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Judge = AfterRestarts(1, state: 1) });

        Assert.Equal((StopReason.Tolerance, 1, 1f), (answer.Solution.Stop, answer.Solution.Restarts, answer.Result![0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_refused_when_the_budget_ends_is_answered_but_has_not_converged(bool hasFurtherStarts)
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        AnswerJudge never = new() { Accepts = _ => false, Restart = hasFurtherStarts ? (_, state) => state.Fill(1) : null };

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Judge = never, Budget = new Budget { Evaluations = 70 } });

        Assert.Equal((StopReason.Refused, false), (answer.Solution.Stop, answer.Solution.Converged));
        Assert.Equal(hasFurtherStarts, answer.Solution.Evaluations == 70);
        Assert.Equal(1, answer.Result![0], 1e-3);
    }

    [Fact]
    public async Task A_refused_solve_keeps_its_deadline()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        InferenceRequest<float[]> late = Request(1) with { Start = new float[] { 1 }, Budget = new Budget { Evaluations = 100, Time = TimeSpan.FromTicks(1) } };

        InferenceAnswer<float[]> answer = await engine.Ask(late with { Judge = AfterRestarts(1, state: 1) });

        Assert.Equal((StopReason.Refused, 1, 0), (answer.Solution.Stop, answer.Solution.Evaluations, answer.Solution.Restarts));
        Assert.Equal(1, answer.Result![0]);
    }

    [Fact]
    public async Task A_refused_answer_does_not_end_its_rivals()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = 0.9f }, OneThread);
        using var rivals = new RivalSolves();
        InferenceRequest<float[]> refused = Request(1) with { Start = new float[] { 1 }, Rivals = rivals, Judge = new AnswerJudge { Accepts = _ => false } };

        Assert.Equal(Admission.Accepted, engine.Submit(
            [refused, Request(1) with { Start = new float[] { 10 }, Rivals = rivals, Judge = Near(0.1f) }], out IReadOnlyList<Task<InferenceAnswer<float[]>>> tasks).Outcome);
        InferenceAnswer<float[]>[] answers = await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal([StopReason.Refused, StopReason.Tolerance], answers.Select(answer => answer.Solution.Stop));
        Assert.True(answers[1].Solution.Evaluations > answers[0].Solution.Evaluations);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Neighbours_change_nothing_in_a_solve_that_begins_again(string method)
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = 0.8f }, OneThread);
        Func<InferenceRequest<float[]>>[] mixed =
        [
            () => Request(1) with { Judge = AfterRestarts(2, state: 7) },
            () => Request(3),
            () => Request(-2) with { Judge = AfterRestarts(1, state: -9) },
            () => Request(5) with { Judge = new AnswerJudge { Accepts = _ => false } },
        ];
        InferenceRequest<float[]> Of(Func<InferenceRequest<float[]>> make) =>
            make() with { Method = FixedPointMethods.Named(method), Budget = new Budget { Evaluations = 400 } };
        var alone = new List<InferenceAnswer<float[]>>();
        foreach (Func<InferenceRequest<float[]>> make in mixed)
        {
            alone.Add(await engine.Ask(Of(make)));
        }

        Assert.Equal(Admission.Accepted, engine.Submit([.. mixed.Select(Of)], out IReadOnlyList<Task<InferenceAnswer<float[]>>> tasks).Outcome);
        InferenceAnswer<float[]>[] together = await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(alone.Select(answer => answer.Solution), together.Select(answer => answer.Solution));
        Assert.Equal(alone.Select(answer => answer.Result![0]), together.Select(answer => answer.Result![0]));
        Assert.Equal([2, 0, 1, 0], together.Select(answer => answer.Solution.Restarts));
    }

    [Fact]
    public async Task Reports_every_evaluation_once_with_its_restarts_and_forgets_what_was_refused()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        var reports = new List<IterateReport<float[]>>();

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Judge = AfterRestarts(1, state: 10), Progress = reports.Add });

        Assert.Equal(Enumerable.Range(1, answer.Solution.Evaluations), reports.Select(report => report.Evaluations));
        Assert.Equal([0, 1], reports.Select(report => report.Restarts).Distinct());
        IterateReport<float[]> begun = reports.First(report => report.Restarts == 1 && report.Result is not null && report.Result[0] > 2);
        Assert.True(begun.Residual > 0.1);
    }

    [Fact]
    public async Task What_a_judge_throws_fails_its_own_request()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        InferenceRequest<float[]> broken = Request(1) with { Judge = new AnswerJudge { Accepts = _ => throw new InvalidOperationException("judge") } };
        InferenceRequest<float[]> restarting = Request(1) with
        {
            Judge = new AnswerJudge { Accepts = _ => false, Restart = (_, _) => throw new InvalidOperationException("start") },
        };

        engine.Submit([broken, Request(2), restarting], out IReadOnlyList<Task<InferenceAnswer<float[]>>> tasks);

        Assert.Equal("judge", (await Assert.ThrowsAsync<InvalidOperationException>(() => tasks[0])).Message);
        Assert.True((await tasks[1]).Solution.Converged);
        Assert.Equal("start", (await Assert.ThrowsAsync<InvalidOperationException>(() => tasks[2])).Message);
    }

    private static AnswerJudge Near(float distance) => new() { Accepts = output => MathF.Abs(output[0] - 1) < distance };

    /// <summary>Accepts nothing before so many restarts, each from the same state.</summary>
    private static AnswerJudge AfterRestarts(int restarts, float state)
    {
        int begun = 0;
        return new AnswerJudge
        {
            Accepts = _ => begun >= restarts,
            Restart = (restart, start) =>
            {
                begun = restart;
                start.Fill(state);
            },
        };
    }
}
