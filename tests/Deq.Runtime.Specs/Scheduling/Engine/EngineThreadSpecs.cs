using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>On which thread the continuation of an answer runs. The engine has one thread with one row, and is held until all is awaited.</summary>
public sealed class EngineThreadSpecs : IAsyncDisposable
{
    private const string EngineThread = "test #0";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly ManualResetEventSlim _isAwaited = new();
    private readonly InferenceEngine _engine = new("test", new LinearModel(1), new EngineOptions { Threads = 1, RowsPerThread = 1 });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_the_engine_thread_only_where_the_request_allows_it(bool isAllowed)
    {
        (string? Name, bool IsOfPool)[] threads = await AskAsync(Held(isAllowed));

        Assert.Equal(isAllowed ? (EngineThread, false) : (".NET TP Worker", true), Assert.Single(threads));
    }

    [Fact]
    public async Task Is_the_thread_pool_while_somebody_else_waits_for_the_engine_thread()
    {
        (string? Name, bool IsOfPool)[] threads = await AskAsync(Held(true), Held(true));

        Assert.True(threads[0].IsOfPool);
        Assert.Equal(EngineThread, threads[1].Name);
    }

    [Fact]
    public async Task Is_the_thread_pool_when_the_request_fails()
    {
        (string? Name, bool IsOfPool)[] threads = await AskAsync(Held(true) with { Output = _ => throw new InvalidOperationException("No output.") });

        Assert.True(Assert.Single(threads).IsOfPool);
    }

    public async ValueTask DisposeAsync()
    {
        _isAwaited.Set();
        await _engine.DisposeAsync();
        _isAwaited.Dispose();
    }

    private InferenceRequest<float[]> Held(bool isAllowed) => Request(1) with
    {
        Input = input =>
        {
            Assert.True(_isAwaited.Wait(s_patience), "Not all answers were awaited in time.");
            input.Fill(1);
        },
        ContinuesOnEngineThread = isAllowed,
    };

    private async Task<(string? Name, bool IsOfPool)[]> AskAsync(params InferenceRequest<float[]>[] requests)
    {
        _engine.Submit(requests, out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        Task<(string? Name, bool IsOfPool)>[] threads = [.. answers.Select(answer => answer.ContinueWith(
            _ => (Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default))];
        _isAwaited.Set();
        return await Task.WhenAll(threads).WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }
}
