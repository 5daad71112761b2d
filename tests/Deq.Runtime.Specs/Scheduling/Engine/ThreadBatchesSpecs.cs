using System.Collections.Concurrent;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>Four rows of one client that end when the spec does, 10 ms a row, and what another asks for meanwhile.</summary>
public sealed class ThreadBatchesSpecs : IAsyncLifetime
{
    private const int Rows = 4;

    private readonly HeldEngine _held = new(new EngineOptions { Threads = 1, RowsPerThread = Rows })
    {
        EvaluationTakes = rows => rows * HeldEngine.Evaluation,
    };

    private readonly ConcurrentQueue<int> _steps = [];
    private readonly CancellationTokenSource _leaving = new();
    private Task _many = Task.CompletedTask;

    [Fact]
    public async Task Give_the_one_row_of_a_client_as_much_time_as_the_many_of_another()
    {
        await AskBesideAsync(1, evaluations: 40);

        // 400 ms for 40 evaluations of the one, and as many for ten of the four.
        Assert.InRange(_steps.Take(50).Count(rows => rows == 1), 38, 40);
        Assert.InRange(_steps.Take(50).Count(rows => rows == Rows), 10, 12);
    }

    [Fact]
    public async Task Answer_a_short_solve_that_comes_before_the_many_are_evaluated_again()
    {
        InferenceAnswer<float[]>[] answers = await AskBesideAsync(1, evaluations: 6);

        Assert.Equal(Enumerable.Repeat(1, 6), _steps.Take(6));
        Assert.Equal(6, answers[0].Solution.Evaluations);
    }

    [Fact]
    public async Task Evaluate_several_rows_of_the_one_together()
    {
        InferenceAnswer<float[]>[] answers = await AskBesideAsync(2, evaluations: 40);

        Assert.InRange(_steps.Take(60).Count(rows => rows == 2), 38, 40);
        Assert.All(answers, answer => Assert.Equal(40, answer.Solution.Evaluations));
    }

    [Fact]
    public async Task Answer_the_same_beside_others_as_alone()
    {
        InferenceAnswer<float[]>[] beside = await AskBesideAsync(1, evaluations: 40);
        await LeaveAsync();

        InferenceAnswer<float[]> alone = await _held.Engine.Ask(_held.Of("alone", 40));

        Assert.Equal(alone.Result, beside[0].Result);
    }

    [Fact]
    public async Task Let_rows_of_many_clients_share_one_batch()
    {
        await AskBesideAsync(1, evaluations: 5, rowsOfOne: 1);

        Assert.Contains(Rows + 1, _steps.Take(5));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await _held.DisposeAsync();
        _leaving.Dispose();
    }

    private async Task LeaveAsync()
    {
        await _leaving.CancelAsync();
        await _many.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Asks while four rows are evaluated, and notes the rows of each evaluation from then on.</summary>
    private async Task<InferenceAnswer<float[]>[]> AskBesideAsync(int count, int evaluations, int rowsOfOne = Rows)
    {
        var asked = new TaskCompletionSource<Task<InferenceAnswer<float[]>>[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        (Gate gate, Task holder) = _held.Hold();
        _many = Task.WhenAll(Enumerable.Range(0, Rows).Select(i => _held.Engine.Ask(
            _held.Of("many", int.MaxValue) with { Client = $"many {i / rowsOfOne}", Cancellation = _leaving.Token })));
        _held.Evaluating = rows =>
        {
            if (asked.Task.IsCompleted)
            {
                _steps.Enqueue(rows);
            }
            else if (rows == Rows && holder.IsCompleted)
            {
                asked.SetResult([.. Enumerable.Range(0, count).Select(_ => _held.Engine.Ask(_held.Of("few", evaluations) with { Client = "few" }))]);
            }
        };
        gate.Open();
        await holder;
        Task<InferenceAnswer<float[]>>[] answers = await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        return await Task.WhenAll(answers);
    }
}
