using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class EngineJobSpecs
{
    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    [Theory]
    [InlineData(13, 1, 12)]
    [InlineData(22, 2, 22)]
    [InlineData(95, 9, 92)]
    [InlineData(101.5, 9, 92)]
    [InlineData(102, 10, 102)]
    public async Task Lets_no_evaluation_begin_that_could_not_be_answered_in_time(double deadline, int evaluations, double elapsed)
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();

        InferenceAnswer<float[]> answer = await held.Engine.Ask(held.Of("timely", 1000, Milliseconds(deadline)));

        Assert.Equal((StopReason.Deadline, evaluations), (answer.Solution.Stop, answer.Solution.Evaluations));
        Assert.Equal(Milliseconds(elapsed), answer.Elapsed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Is_kept_to_within_one_evaluation_by_99_of_100_requests_in_an_overloaded_engine(int seed)
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 4 });
        await held.MeasureAsync();
        var random = new Random(seed);
        var answers = new List<(TimeSpan Deadline, Task<InferenceAnswer<float[]>> Answer)>();
        held.Evaluating = _ =>
        {
            for (int i = random.Next(3); i > 0 && answers.Count < 300; i--)
            {
                TimeSpan deadline = Milliseconds(random.Next(1, 200));
                InferenceRequest<float[]> request = held.Of("mixed", random.Next(1, 40), deadline);
                if (held.Engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float[]>>> accepted).Outcome == Admission.Accepted)
                {
                    answers.Add((deadline, accepted[0]));
                }
            }
        };

        await held.Engine.Ask(held.Of("first", 1000));
        held.Evaluating = _ => { };
        await held.Engine.StopAsync(TestContext.Current.CancellationToken);

        InferenceAnswer<float[]>[] all = await Task.WhenAll(answers.Select(each => each.Answer));
        string[] late =
        [
            .. answers.Zip(all, (each, answer) => (each.Deadline, Answer: answer))
                .Where(each => each.Answer.Elapsed > each.Deadline + HeldEngine.Evaluation + Milliseconds(5))
                .Select(each => $"{each.Deadline.TotalMilliseconds} ms: {each.Answer}"),
        ];
        Assert.True(late.Length <= all.Length / 100, $"{late.Length} of {all.Length}: {string.Join('\n', late)}");
        Assert.True(all.Length >= 100);
        Assert.All(all, answer => Assert.NotNull(answer.Result));
    }

    [Fact]
    public async Task Is_not_missed_because_another_request_takes_long_to_encode()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 2 }) { EncodingTakes = Milliseconds(50) };
        await held.MeasureAsync();
        Task<InferenceAnswer<float[]>>? costly = null;
        held.Evaluating = _ => costly ??= held.Engine.Ask(held.Of("costly"));

        InferenceAnswer<float[]> timely = await held.Engine.Ask(held.Of("timely", 1000, Milliseconds(120)));

        Assert.Equal((StopReason.Deadline, 1), (timely.Solution.Stop, timely.Solution.Evaluations));
        Assert.Equal(Milliseconds(61), timely.Elapsed);
        await costly!;
    }

    [Fact]
    public async Task Too_near_to_wait_for_a_free_row_gets_the_one_that_is_kept_for_it()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        Task<InferenceAnswer<float[]>>? urgent = null;
        held.Evaluating = _ => urgent ??= held.Engine.Ask(held.Of("urgent", 1000, Milliseconds(50)));

        InferenceAnswer<float[]> patient = await held.Engine.Ask(held.Of("patient", 100));

        InferenceAnswer<float[]> answer = await urgent!;
        Assert.True(answer.Elapsed <= Milliseconds(50));
        Assert.Equal(new BatchShare(2, 2, 2), answer.Batch);
        Assert.Equal((1, 2), (patient.Batch.Smallest, patient.Batch.Largest));
    }
}
