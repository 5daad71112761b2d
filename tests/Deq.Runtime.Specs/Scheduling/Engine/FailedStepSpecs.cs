using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>A step that throws fails the rows that it throws for alone, and no others.</summary>
public sealed class FailedStepSpecs
{
    private const float Refused = -1;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private int _opened;

    [Theory]
    [InlineData(BatchingMode.Iteration, 1)]
    [InlineData(BatchingMode.Iteration, 3)]
    [InlineData(BatchingMode.Static, 1)]
    [InlineData(BatchingMode.Static, 3)]
    public async Task Fails_whose_row_it_is_and_answers_the_others_as_if_they_were_alone(BatchingMode mode, int refused)
    {
        using var gate = new ManualResetEventSlim();
        LinearModel model = Model(() => gate.Wait(s_patience));
        await using var engine = new InferenceEngine("test", model, new EngineOptions { Threads = 1, RowsPerThread = 8, Batching = mode, CollectFor = TimeSpan.FromSeconds(2) });
        float[] inputs = [2, .. Enumerable.Repeat(Refused, refused), 3, 4, 5];

        Assert.Equal(Admission.Accepted, engine.Submit([.. inputs.Select(input => Request(input))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers).Outcome);
        gate.Set();

        await using var sound = new InferenceEngine("sound", new LinearModel(1), new EngineOptions { Threads = 1, RowsPerThread = 1 });
        foreach ((float input, Task<InferenceAnswer<float[]>> answer) in inputs.Zip(answers))
        {
            if (input == Refused)
            {
                UnfitInputException unfit = await Assert.ThrowsAsync<UnfitInputException>(() => answer.WaitAsync(s_patience, TestContext.Current.CancellationToken));
                Assert.Equal(new RowRefusedException().Message, unfit.Message);
                Assert.IsType<RowRefusedException>(unfit.InnerException);
                continue;
            }

            InferenceAnswer<float[]> given = await answer.WaitAsync(s_patience, TestContext.Current.CancellationToken);
            InferenceAnswer<float[]> alone = await sound.Ask(Request(input));
            Assert.Equal((alone.Result![0], alone.Solution.Evaluations), (given.Result![0], given.Solution.Evaluations));
        }
    }

    [Fact]
    public async Task Fails_once_where_the_row_is_by_itself()
    {
        LinearModel model = Model(() => { });
        await using var engine = new InferenceEngine("test", model, new EngineOptions { Threads = 1, RowsPerThread = 4 });

        await Assert.ThrowsAsync<UnfitInputException>(() => engine.Ask(Request(Refused)));
        int opened = _opened;

        Assert.True((await engine.Ask(Request(2))).Solution.Converged);
        Assert.Equal((1, 2), (opened, _opened));
    }

    [Fact]
    public async Task Harms_nobody_however_often_it_fails_beside_others()
    {
        await using var engine = new InferenceEngine("test", Model(() => { }), new EngineOptions { Threads = 2, RowsPerThread = 4 });
        Task<(int Good, int Bad)>[] clients = [.. Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            (int good, int bad) = (0, 0);
            for (int i = 0; i < 40; i++)
            {
                float input = client < 2 ? Refused : client + i;
                try
                {
                    InferenceAnswer<float[]> answer = await engine.Ask(Request(input) with { Client = $"{client}" });
                    good += answer.Solution.Converged && Math.Abs(answer.Result![0] - input) < 0.1f ? 1 : 0;
                }
                catch (UnfitInputException)
                {
                    bad++;
                }
            }

            return (good, bad);
        }))];

        (int Good, int Bad)[] counts = await Task.WhenAll(clients).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal([(0, 40), (0, 40), .. Enumerable.Repeat((40, 0), 6)], counts);
    }

    private LinearModel Model(Action encoding) => new(1)
    {
        Refuses = number => number == Refused,
        Encoding = encoding,
        Opening = () => Interlocked.Increment(ref _opened),
    };
}
