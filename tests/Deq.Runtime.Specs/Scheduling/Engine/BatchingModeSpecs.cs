using System.Collections.Concurrent;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing.Models;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class BatchingModeSpecs
{
    private static readonly EngineOptions ThreeRows = new() { Threads = 1, RowsPerThread = 3, Batching = BatchingMode.Static };

    [Fact]
    public async Task Evaluates_every_row_until_its_slowest_is_done_and_answers_all_at_the_end()
    {
        await using var held = new HeldEngine(ThreeRows);
        var evaluated = new ConcurrentQueue<int>();
        held.Evaluating = evaluated.Enqueue;
        (Gate gate, Task<InferenceAnswer<float[]>> holder) = held.Hold();
        Task<InferenceAnswer<float[]>>[] others = [.. new[] { 2, 17, 4 }.Select(evaluations => held.Engine.Ask(held.Of("other", evaluations)))];

        gate.Open();
        InferenceAnswer<float[]>[] answers = [await holder, .. await Task.WhenAll(others)];

        Assert.Equal([10, 2, 17, 4], answers.Select(answer => answer.Solution.Evaluations));
        Assert.Equal([.. Enumerable.Repeat(3, 17), 1, 1, 1, 1], evaluated);
        Assert.All(answers[..3], answer => Assert.Equal(3, answer.Batch.Smallest));
        Assert.All(answers[..3], answer => Assert.True(answer.Elapsed >= TimeSpan.FromMilliseconds(170)));
        Assert.True(answers[3].Queued >= TimeSpan.FromMilliseconds(170));
    }

    [Fact]
    public async Task Gives_the_same_answers_as_rows_that_join_and_leave()
    {
        var model = new LinearModel(2) { Slope = 0.9f };
        await using var whole = new InferenceEngine("static", model, ThreeRows);
        await using var rows = new InferenceEngine("rows", model, ThreeRows with { Batching = BatchingMode.Iteration });

        for (int i = 1; i < 10; i++)
        {
            InferenceRequest<float[]>[] requests =
                [EngineRequests.Request(i, 1), EngineRequests.Request(-i, 0.1f), EngineRequests.Request(1e-3f, i)];
            InferenceAnswer<float[]>[] one = await Task.WhenAll(requests.Select(whole.Ask));
            InferenceAnswer<float[]>[] other = await Task.WhenAll(requests.Select(rows.Ask));

            Assert.Equal(other.Select(answer => answer.Result![1]), one.Select(answer => answer.Result![1]));
            Assert.Equal(other.Select(answer => answer.Solution), one.Select(answer => answer.Solution));
        }
    }
}
