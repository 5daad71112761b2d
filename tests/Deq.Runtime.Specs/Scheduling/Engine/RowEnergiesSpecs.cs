using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class RowEnergiesSpecs
{
    private static readonly LinearModel s_model = new(2) { Slope = 0.5f, HasEnergy = true };

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Lists_the_energy_of_every_iterate_at_which_f_was_evaluated(string method)
    {
        await using var engine = new InferenceEngine("test", s_model, new EngineOptions { Threads = 1 });
        var states = new List<float[]>();

        InferenceAnswer<float[]> answer = await engine.Ask(Request(3, 4) with
        {
            Method = FixedPointMethods.Find(method)!,
            Energy = (state, energy) =>
            {
                states.Add(state.ToArray());
                return energy;
            },
        });

        Assert.Equal(answer.Solution.Evaluations, answer.Energies.Count);
        Assert.Equal([0, 0], states[0]);
        Assert.Equal(0.25 * 25, answer.Energies[0], 1e-6);
        Assert.Equal(states.Select(state => 0.25 * (Math.Pow(state[0] - 3, 2) + Math.Pow(state[1] - 4, 2))), answer.Energies, (one, other) => Math.Abs(one - other) < 1e-6);
        Assert.InRange(answer.Energies[^1], 0, 1e-5);
    }

    [Fact]
    public async Task Lists_the_same_energies_alone_and_among_rows_that_want_none()
    {
        InferenceRequest<float[]>[] requests = [.. Enumerable.Range(1, 24).Select(i => Request(i, -i) with { Energy = i % 3 == 0 ? (_, energy) => energy : null })];
        await using var alone = new InferenceEngine("alone", s_model, new EngineOptions { Threads = 1, RowsPerThread = 1 });
        await using var crowded = new InferenceEngine("crowded", s_model, new EngineOptions { Threads = 1, RowsPerThread = 8 });

        InferenceAnswer<float[]>[] crowd = await Task.WhenAll(requests.Select(crowded.Ask));

        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal((await alone.Ask(requests[i])).Energies, crowd[i].Energies);
        }
    }

    [Fact]
    public async Task Evaluates_none_where_none_is_asked_for()
    {
        int weighed = 0;
        await using var engine = new InferenceEngine("test", new LinearModel(1) { HasEnergy = true, Weighing = () => weighed++ }, new EngineOptions { Threads = 1 });

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1));

        Assert.Empty(answer.Energies);
        Assert.Equal(0, weighed);
    }

    [Fact]
    public async Task Reports_the_energy_of_each_evaluation_as_it_is_made()
    {
        var reported = new List<double?>();
        await using var engine = new InferenceEngine("test", s_model, new EngineOptions { Threads = 1 });

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1, 2) with { Energy = (_, energy) => energy, Progress = report => reported.Add(report.Energy) });

        Assert.Equal(answer.Energies, reported.Select(energy => energy!.Value));
    }

    [Fact]
    public async Task Fails_a_request_whose_own_energy_throws_and_none_beside_it()
    {
        await using var engine = new InferenceEngine("test", s_model, new EngineOptions { Threads = 1, RowsPerThread = 2 });

        Task<InferenceAnswer<float[]>> failing = engine.Ask(Request(1, 1) with { Energy = (_, _) => throw new InvalidDataException("no") });
        InferenceAnswer<float[]> other = await engine.Ask(Request(2, 2));

        await Assert.ThrowsAsync<InvalidDataException>(() => failing);
        Assert.True(other.Solution.Converged);
    }

    [Fact]
    public async Task Refuses_where_the_model_has_no_energy_or_the_solve_may_have_several_starts()
    {
        await using var without = new InferenceEngine("test", new LinearModel(1), new EngineOptions { Threads = 1 });
        await using var planned = new InferenceEngine("test", s_model, new EngineOptions { Threads = 1 });

        Assert.Throws<ArgumentException>(() => without.Submit([Request(1) with { Energy = (_, energy) => energy }], out _));
        Assert.Throws<ArgumentException>(() => planned.Submit([Request(1, 1) with { Energy = (_, energy) => energy, PlanStart = () => new StartPlan { Candidates = [default] } }], out _));
        ArgumentException judged = Assert.Throws<ArgumentException>(
            () => planned.Submit([Request(1, 1) with { Energy = (_, energy) => energy, Judge = new AnswerJudge { Accepts = _ => true } }], out _));
        Assert.Contains("Judge", judged.Message, StringComparison.Ordinal);
    }
}
