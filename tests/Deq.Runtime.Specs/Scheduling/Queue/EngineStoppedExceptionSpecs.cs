using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class EngineStoppedExceptionSpecs
{
    private static readonly EngineOptions OneRow = new() { Threads = 1, RowsPerThread = 1 };

    [Fact]
    public async Task Answers_what_it_has_accepted_and_refuses_the_rest()
    {
        using var gate = new Gate();
        var model = new LinearModel(1) { Encoding = gate.Pass };
        var engine = new InferenceEngine("test", model, OneRow);
        Task<InferenceAnswer<float[]>>[] accepted = [.. Enumerable.Range(1, 10).Select(i => engine.Ask(Request(i)))];
        gate.AwaitArrival();

        Task stop = engine.StopAsync(TestContext.Current.CancellationToken);
        Admission late = engine.Submit([Request(1)], out _).Outcome;
        gate.Open();
        await stop;

        Assert.Equal(Admission.Stopping, late);
        Assert.All(await Task.WhenAll(accepted), answer => Assert.True(answer.Solution.Converged));
        Assert.Equal(0, model.OpenLanes);
        Assert.False(engine.IsRunning);
    }

    [Fact]
    public async Task In_a_hurry_answers_running_rows_with_their_best_iterate_and_fails_those_that_wait()
    {
        using var gate = new Gate();
        var engine = new InferenceEngine("test", new LinearModel(1) { Slope = -1.0003f, Encoding = gate.Pass }, OneRow);
        Task<InferenceAnswer<float[]>> running = engine.Ask(Request(1) with { Budget = new Budget { Evaluations = int.MaxValue } });
        gate.AwaitArrival();
        Task<InferenceAnswer<float[]>> waiting = engine.Ask(Request(2));

        Task stop = engine.DisposeAsync().AsTask();
        gate.Open();
        await stop;

        await Assert.ThrowsAsync<EngineStoppedException>(() => waiting);
        InferenceAnswer<float[]> answer = await running;
        Assert.Equal(StopReason.Cancelled, answer.Solution.Stop);
        Assert.NotNull(answer.Result);
    }

    [Fact]
    public async Task Can_be_stopped_and_disposed_of_more_than_once()
    {
        var engine = new InferenceEngine("test", new LinearModel(1), OneRow);

        await engine.StopAsync(TestContext.Current.CancellationToken);
        await engine.DisposeAsync();
        await engine.DisposeAsync();

        Assert.Equal(Admission.Stopping, engine.Submit([Request(1)], out _).Outcome);
    }
}

/// <summary>Holds an engine's thread until it is opened.</summary>
internal sealed class Gate : IDisposable
{
    private readonly ManualResetEventSlim _open = new();
    private readonly ManualResetEventSlim _arrived = new();

    public void Pass()
    {
        _arrived.Set();
        Assert.True(_open.Wait(TimeSpan.FromSeconds(30)));
    }

    public void AwaitArrival() => Assert.True(_arrived.Wait(TimeSpan.FromSeconds(30)));

    public void Open() => _open.Set();

    public void Dispose()
    {
        _open.Dispose();
        _arrived.Dispose();
    }
}
