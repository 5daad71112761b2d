using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Specs.Scheduling.Engine;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Starts;

/// <summary>f(z) = z/2 + x/2 in the norm of the relative residual: at distance d from x the residual is |d/2| / |x + d/2|.</summary>
public sealed class StartPlanSpecs : IAsyncDisposable
{
    private static readonly float[] s_input = [4, -8, 2];

    private readonly InferenceEngine _engine = new("linear", new LinearModel(3), new() { Threads = 1, RowsPerThread = 4 });

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    public async ValueTask DisposeAsync() => await _engine.DisposeAsync();

    [Theory, MemberData(nameof(Methods))]
    public async Task Of_one_candidate_is_the_same_solve_as_from_a_start_that_was_given(string method)
    {
        float[] near = Near(0.1f);

        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(near) with { Method = FixedPointMethods.Named(method) });
        InferenceAnswer<float[]> given = await _engine.Ask(Request(s_input) with { Method = FixedPointMethods.Named(method), Start = near });

        Assert.Equal(given.Result, planned.Result);
        Assert.Equal(given.Solution, planned.Solution);
        Assert.True(planned.IsWarm);
        Assert.Equal(0, planned.Start!.Candidate);
        Assert.Single(planned.Start.Residuals);
        Assert.Null(given.Start);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Tries_each_and_wastes_no_evaluation_of_the_last(string method)
    {
        float[][] candidates = [Near(0.9f), Near(-0.7f), Near(0.3f)];

        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(candidates) with { Method = FixedPointMethods.Named(method) });
        InferenceAnswer<float[]> given = await _engine.Ask(Request(s_input) with { Method = FixedPointMethods.Named(method), Start = candidates[2] });

        Assert.Equal(2, planned.Start!.Candidate);
        Assert.Equal(3, planned.Start.Residuals.Count);
        Assert.Equal(given.Result, planned.Result);
        Assert.Equal(given.Solution.Evaluations + 2, planned.Solution.Evaluations);
        Assert.Equal(given.Solution.Residual, planned.Solution.Residual);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Goes_back_to_what_the_best_candidate_was_mapped_to(string method)
    {
        float[] best = Near(0.2f);
        float[] mapped = [.. best.Zip(s_input, (z, x) => (0.5f * z) + (0.5f * x))];

        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(best, Near(0.9f), []) with { Method = FixedPointMethods.Named(method) });
        InferenceAnswer<float[]> given = await _engine.Ask(Request(s_input) with { Method = FixedPointMethods.Named(method), Start = mapped });

        Assert.Equal(0, planned.Start!.Candidate);
        Assert.Equal(given.Result, planned.Result);
        Assert.Equal(given.Solution.Evaluations + 3, planned.Solution.Evaluations);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Is_cold_when_the_cold_residual_is_the_smallest(string method)
    {
        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(Near(-3), Near(-2.5f), []) with { Method = FixedPointMethods.Named(method) });
        InferenceAnswer<float[]> cold = await _engine.Ask(Request(s_input) with { Method = FixedPointMethods.Named(method) });

        Assert.Equal(2, planned.Start!.Candidate);
        Assert.False(planned.IsWarm);
        Assert.Equal(cold.Result, planned.Result);
        Assert.Equal(cold.Solution.Evaluations + 2, planned.Solution.Evaluations);
    }

    [Fact]
    public async Task Tries_the_next_where_f_is_not_finite()
    {
        float[] broken = [float.NaN, 1, 1];

        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(broken, broken, []));

        Assert.Equal(2, planned.Start!.Candidate);
        Assert.Equal([double.PositiveInfinity, double.PositiveInfinity], planned.Start.Residuals.Take(2));
        Assert.True(planned.Solution.Converged);
    }

    [Fact]
    public async Task Diverges_when_f_is_finite_nowhere()
    {
        float[] broken = [float.NaN, 1, 1];

        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(broken, broken));

        Assert.Equal((StopReason.Diverged, false, 2), (planned.Solution.Stop, planned.Solution.HasFiniteState, planned.Solution.Evaluations));
    }

    [Fact]
    public async Task Ends_at_once_where_a_candidate_meets_the_tolerance()
    {
        InferenceAnswer<float[]> planned = await _engine.Ask(Planned(s_input, Near(0.5f), []));

        Assert.Equal((StopReason.Tolerance, 1), (planned.Solution.Stop, planned.Solution.Evaluations));
        Assert.Equal(0, planned.Start!.Candidate);
    }

    [Fact]
    public async Task Answers_with_the_best_candidate_when_the_budget_ends_among_them()
    {
        InferenceRequest<float[]> request = Planned(Near(0.2f), Near(0.9f), []) with { Budget = new Budget { Evaluations = 2 } };

        InferenceAnswer<float[]> planned = await _engine.Ask(request);

        Assert.Equal((StopReason.Evaluations, 2, 0), (planned.Solution.Stop, planned.Solution.Evaluations, planned.Start!.Candidate));
        Assert.Equal(Near(0.1f), planned.Result!);
    }

    [Fact]
    public async Task Is_asked_for_after_the_input_was_read_and_may_say_cold()
    {
        var order = new List<string>();
        InferenceRequest<float[]> request = Request(s_input) with
        {
            Input = numbers =>
            {
                order.Add("input");
                s_input.CopyTo(numbers);
            },
            PlanStart = () =>
            {
                order.Add("plan");
                return null;
            },
        };

        InferenceAnswer<float[]> answer = await _engine.Ask(request);

        Assert.Equal(["input", "plan"], order);
        Assert.False(answer.IsWarm);
        Assert.Null(answer.Start);
    }

    [Fact]
    public async Task Of_states_of_another_length_fails_the_request_and_no_other()
    {
        Task<InferenceAnswer<float[]>> wrong = _engine.Ask(Planned([1, 2]));
        Task<InferenceAnswer<float[]>> none = _engine.Ask(Planned());

        Assert.Contains("[2]", (await Assert.ThrowsAsync<ArgumentException>(() => wrong)).Message);
        await Assert.ThrowsAsync<ArgumentException>(() => none);
        Assert.True((await _engine.Ask(Request(s_input))).Solution.Converged);
        Assert.Throws<ArgumentException>(() => _engine.Submit([Planned([]) with { Start = s_input }], out _));
    }

    [Fact]
    public async Task Lists_the_residual_of_every_evaluation_where_that_is_asked_for()
    {
        InferenceAnswer<float[]> kept = await _engine.Ask(Planned(Near(0.9f), Near(0.5f), []) with { KeepsResiduals = true });
        InferenceAnswer<float[]> not = await _engine.Ask(Request(s_input));

        Assert.Equal(kept.Solution.Evaluations, kept.Residuals.Count);
        Assert.Equal(kept.Start!.Residuals, kept.Residuals.Take(3));
        Assert.Equal(kept.Solution.Residual, kept.Residuals.Min());
        Assert.Empty(not.Residuals);
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Is_chosen_the_same_among_others_as_alone(string method)
    {
        InferenceRequest<float[]>[] requests =
        [
            .. Enumerable.Range(0, 12).Select(i => Planned(Near(0.1f * i), Near(-0.2f * i), []) with { Method = FixedPointMethods.Named(method) }),
        ];

        InferenceAnswer<float[]>[] together = await Task.WhenAll(requests.Select(request => _engine.Ask(request)));

        for (int i = 0; i < requests.Length; i++)
        {
            InferenceAnswer<float[]> alone = await _engine.Ask(requests[i]);
            Assert.Equal(alone.Result, together[i].Result);
            Assert.Equal(alone.Solution, together[i].Solution);
            Assert.Equal(alone.Start!.Residuals, together[i].Start!.Residuals);
        }
    }

    private static InferenceRequest<float[]> Planned(params float[][] candidates) => Request(s_input) with
    {
        PlanStart = () => new StartPlan { Candidates = [.. candidates.Select(each => (ReadOnlyMemory<float>)each)] },
    };

    /// <summary>(1 + share)·x.</summary>
    private static float[] Near(float share) => [.. s_input.Select(x => x + (share * x))];
}
