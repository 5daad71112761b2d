using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class RivalSolvesSpecs
{
    private static readonly EngineOptions OneThread = new() { Threads = 1, RowsPerThread = 3 };

    [Fact]
    public async Task The_first_that_converges_ends_those_that_run_with_the_evaluations_they_made()
    {
        var evaluated = new List<int>();
        using var gate = new Gate();
        var model = new LinearModel(1) { Slope = 0.9f, Encoding = gate.Pass, Evaluating = evaluated.Add };
        await using var engine = new InferenceEngine("test", model, OneThread);
        using var rivals = new RivalSolves();

        Task<InferenceAnswer<float[]>[]> solving = Solve(engine, [Far(rivals), Near(rivals), Far(rivals)]);
        gate.Open();
        InferenceAnswer<float[]>[] answers = await solving;

        Assert.Equal([StopReason.Superseded, StopReason.Tolerance, StopReason.Superseded], answers.Select(answer => answer.Solution.Stop));
        Assert.NotNull(answers[0].Result);
        Assert.InRange(answers[0].Solution.Evaluations, 1, 4);
        Assert.Equal(evaluated.Sum(), answers.Sum(answer => answer.Solution.Evaluations));
    }

    [Fact]
    public async Task Those_that_wait_end_without_an_evaluation()
    {
        using var gate = new Gate();
        var model = new LinearModel(1) { Slope = 0.9f, Encoding = gate.Pass };
        await using var engine = new InferenceEngine("test", model, new EngineOptions { Threads = 1, RowsPerThread = 1 });
        using var rivals = new RivalSolves();

        Task<InferenceAnswer<float[]>[]> solving = Solve(engine, [Near(rivals), Far(rivals), Far(rivals)]);
        gate.Open();
        InferenceAnswer<float[]>[] answers = await solving;

        Assert.Equal([StopReason.Tolerance, StopReason.Superseded, StopReason.Superseded], answers.Select(answer => answer.Solution.Stop));
        Assert.All(answers[1..], answer => Assert.Equal((0, false), (answer.Solution.Evaluations, answer.Solution.HasFiniteState)));
        Assert.All(answers[1..], answer => Assert.Null(answer.Result));
        Assert.Equal(0, engine.Waiting);
    }

    [Fact]
    public async Task Where_none_converges_all_run_to_their_end()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = 0.999f }, OneThread);
        using var rivals = new RivalSolves();

        InferenceAnswer<float[]>[] answers = await Solve(engine, [Far(rivals), Far(rivals)]);

        Assert.All(answers, answer => Assert.Equal((StopReason.Evaluations, 100), (answer.Solution.Stop, answer.Solution.Evaluations)));
    }

    [Fact]
    public async Task Others_are_left_alone()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = 0.9f }, OneThread);
        using var rivals = new RivalSolves();

        InferenceAnswer<float[]>[] answers = await Solve(engine, [Near(rivals), Far(null), Far(rivals)]);

        Assert.True(answers[1].Solution.Converged);
        Assert.True(answers[1].Solution.Evaluations > 10);
    }

    /// <summary>Starts at its fixed point, so that the first evaluation is enough.</summary>
    private static InferenceRequest<float[]> Near(RivalSolves rivals) => Request(1) with { Start = new float[] { 1 }, Rivals = rivals };

    private static InferenceRequest<float[]> Far(RivalSolves? rivals) => Request(1) with { Start = new float[] { 10 }, Rivals = rivals };

    private static async Task<InferenceAnswer<float[]>[]> Solve(InferenceEngine engine, InferenceRequest<float[]>[] requests)
    {
        Assert.Equal(Admission.Accepted, engine.Submit(requests, out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers).Outcome);
        return await Task.WhenAll(answers).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
