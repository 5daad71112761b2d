using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class MethodBatchSpecs
{
    private static readonly EngineOptions FourRows = new() { Threads = 1, RowsPerThread = 4 };

    [Fact]
    public async Task Never_share_a_batch()
    {
        using var gate = new Gate();
        var model = new LinearModel(1) { TakesShapes = true, Encoding = gate.Pass };
        await using var engine = new InferenceEngine("test", model, FourRows);
        Task<InferenceAnswer<float[]>>[] answers =
        [
            engine.Ask(Request(1, 2) with { Shape = new ShapeKey(1, 2) }),
            engine.Ask(Request(3, 4, 5, 6) with { Shape = new ShapeKey(2, 2) }),
            engine.Ask(Request(7, 8) with { Shape = new ShapeKey(2, 1) }),
            engine.Ask(Request(9, 10, 11, 12) with { Shape = new ShapeKey(2, 2) }),
        ];
        gate.Open();

        InferenceAnswer<float[]>[] all = await Task.WhenAll(answers);

        Assert.Equal([2, 4, 2, 4], all.Select(answer => answer.Result!.Length));
        Assert.Equal([1, 2, 1, 2], all.Select(answer => answer.Batch.Largest));
        Assert.Equal([1f, 3f, 7f, 9f], all.Select(answer => MathF.Round(answer.Result![0])));
    }

    [Fact]
    public async Task Do_not_starve_each_other_on_a_thread()
    {
        using var caller = new CancellationTokenSource();
        var model = new LinearModel(1) { TakesShapes = true, Slope = -1.0003f };
        await using var engine = new InferenceEngine("test", model, FourRows);
        InferenceRequest<float[]> endless = Request(1, 2) with
        {
            Shape = new ShapeKey(1, 2),
            Budget = new() { Evaluations = int.MaxValue },
            Cancellation = caller.Token,
        };
        Task<InferenceAnswer<float[]>>[] others = [.. Enumerable.Range(0, 3).Select(_ => engine.Ask(endless))];

        InferenceAnswer<float[]> other = await engine.Ask(Request(1, 2, 3) with { Shape = new ShapeKey(3, 1) });

        Assert.Equal(100, other.Solution.Evaluations);
        Assert.All(others, answer => Assert.False(answer.IsCompleted));
        await caller.CancelAsync();
    }

    [Fact]
    public async Task May_be_many_although_lanes_are_few()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { TakesShapes = true }, FourRows);

        for (int width = 1; width <= 40; width++)
        {
            float[] input = [.. Enumerable.Repeat(2f, width)];
            InferenceAnswer<float[]> answer = await engine.Ask(Request(input) with { Shape = new ShapeKey(1, width) });

            Assert.Equal(width, answer.Result!.Length);
        }
    }

    [Fact]
    public async Task Leave_behind_lanes_of_no_more_memory_than_is_allowed()
    {
        var model = new LinearModel(1) { TakesShapes = true, LaneBytes = 200L << 20 };
        await using var engine = new InferenceEngine("test", model, FourRows);

        for (int width = 1; width <= 6; width++)
        {
            await engine.Ask(Request([.. Enumerable.Repeat(2f, width)]) with { Shape = new ShapeKey(1, width) });
        }

        Assert.Equal(3, model.OpenLanes);
    }

    [Fact]
    public async Task Are_refused_by_a_model_of_fixed_size()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), FourRows);

        Assert.Throws<ArgumentException>(() => engine.Submit([Request(1) with { Shape = new ShapeKey(1, 1) }], out _));
    }

    [Fact]
    public async Task Report_the_evaluations_of_a_request_once_whether_it_is_answered_or_left()
    {
        using var client = new CancellationTokenSource();
        using var left = new ManualResetEventSlim();
        var spent = new List<int>();
        int made = 0;
        var model = new LinearModel(1)
        {
            Slope = -1.0003f,
            Evaluating = _ =>
            {
                if (++made == 107)
                {
                    client.Cancel();
                }
            },
        };
        await using var engine = new InferenceEngine("test", model, new EngineOptions { Threads = 1, RowsPerThread = 1 });

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Spent = spent.Add });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Ask(Request(1) with
        {
            Budget = new() { Evaluations = int.MaxValue },
            Cancellation = client.Token,
            Spent = evaluations =>
            {
                spent.Add(evaluations);
                left.Set();
            },
        }));
        Assert.True(left.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.Equal([answer.Solution.Evaluations, 7], spent);
        Assert.Equal(100, answer.Solution.Evaluations);
    }
}
