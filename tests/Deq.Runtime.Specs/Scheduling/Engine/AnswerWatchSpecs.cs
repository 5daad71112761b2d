using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>Requests that see their answer after each evaluation. The k-th of the linear model at 1 is 1 − 2⁻ᵏ.</summary>
public sealed class AnswerWatchSpecs
{
    private static readonly EngineOptions OneThread = new() { Threads = 1, RowsPerThread = 4 };

    private static readonly InferenceRequest<float[]> Precise =
        Request(1) with { Tolerance = new Tolerance { Limit = 1e-6 }, IsSame = (one, other) => MathF.Abs(one[0] - other[0]) < 0.1f };

    [Fact]
    public async Task Is_reported_after_each_evaluation_and_last_as_it_is_given()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        var reports = new List<IterateReport<float[]>>();

        InferenceAnswer<float[]> answer = await engine.Ask(Precise with { Progress = reports.Add });

        Assert.Equal(Enumerable.Range(1, answer.Solution.Evaluations), reports.Select(report => report.Evaluations));
        Assert.All(reports, (report, i) => Assert.Equal(1 - Math.Pow(0.5, i + 1), report.Result![0], 1e-6));
        Assert.All(reports.Zip(reports.Skip(1)), pair => Assert.True(pair.Second.Residual < pair.First.Residual));
        Assert.Equal(answer.Solution.Residual, reports[^1].Residual);
        Assert.Equal(answer.Result, reports[^1].Result);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 5)]
    [InlineData(5, 8)]
    public async Task Ends_the_solve_when_it_has_stayed_the_same_for_as_long_as_asked(int k, int evaluations)
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);

        InferenceAnswer<float[]> answer = await engine.Ask(Precise with { UntilStable = k });

        Assert.Equal((StopReason.Stable, evaluations, false), (answer.Solution.Stop, answer.Solution.Evaluations, answer.Solution.Converged));
        Assert.Equal(1 - Math.Pow(0.5, evaluations), answer.Result![0], 1e-6);
    }

    [Fact]
    public async Task Is_reported_once_per_evaluation_when_it_becomes_stable()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        var evaluations = new List<int>();

        await engine.Ask(Precise with { UntilStable = 2, Progress = report => evaluations.Add(report.Evaluations) });

        Assert.Equal([1, 2, 3, 4, 5], evaluations);
    }

    [Fact]
    public async Task Is_not_taken_for_stable_because_evaluations_bring_nothing_better()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = -1.0003f }, OneThread);

        InferenceAnswer<float[]> answer = await engine.Ask(Precise with { UntilStable = 2, Budget = new Budget { Evaluations = 20 } });

        Assert.Equal((StopReason.Evaluations, 20), (answer.Solution.Stop, answer.Solution.Evaluations));
    }

    [Fact]
    public async Task Is_decoded_for_nobody_else()
    {
        using var gate = new Gate();
        int decoded = 0;
        var model = new LinearModel(1) { Encoding = gate.Pass, Decoding = () => decoded++ };
        await using var engine = new InferenceEngine("test", model, OneThread);
        Task<InferenceAnswer<float[]>>[] answers =
            [engine.Ask(Precise), engine.Ask(Precise with { Progress = _ => { } }), engine.Ask(Precise)];
        gate.Open();

        InferenceAnswer<float[]>[] all = await Task.WhenAll(answers);

        Assert.Equal(all[1].Solution.Evaluations + 2, decoded);
    }

    [Fact]
    public async Task Fails_only_its_own_request_when_watching_fails()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        InferenceRequest<float[]> bad = Precise with { Progress = _ => throw new FormatException("no room on the line") };

        Task<InferenceAnswer<float[]>> failed = engine.Ask(bad);
        InferenceAnswer<float[]> good = await engine.Ask(Precise);

        Assert.Equal("no room on the line", (await Assert.ThrowsAsync<FormatException>(() => failed)).Message);
        Assert.True(good.Solution.Converged);
        await engine.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, engine.Running);
    }

    [Fact]
    public async Task Is_reported_without_a_result_while_nothing_is_finite()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = float.NaN }, OneThread);
        var reports = new List<IterateReport<float[]>>();

        await engine.Ask(Precise with { Progress = reports.Add });

        Assert.Equal((double.PositiveInfinity, (float[]?)null), (Assert.Single(reports).Residual, reports[0].Result));
    }

    [Fact]
    public async Task Needs_a_way_to_compare_and_at_least_one_evaluation()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);

        Assert.Throws<ArgumentException>(() => engine.Submit([Precise with { UntilStable = 1, IsSame = null }], out _));
        Assert.Throws<ArgumentException>(() => engine.Submit([Precise with { UntilStable = 0 }], out _));
    }
}
