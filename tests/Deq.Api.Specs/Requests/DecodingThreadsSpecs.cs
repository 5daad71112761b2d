using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Specs.Requests;

public sealed class DecodingThreadsSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DecodingThreads _threads = new(2, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _threads.Dispose();

    [Fact]
    public async Task Have_one_free_for_others_while_a_client_keeps_them_busy()
    {
        using var open = new ManualResetEventSlim();
        Task<int>[] busy = [.. Enumerable.Range(0, 20).Select(i => _threads.RunAsync("one", () => Wait(open, i), Cancellation))];

        int other = await _threads.RunAsync("other", () => -1, Cancellation).WaitAsync(s_patience, Cancellation);

        Assert.Equal(-1, other);
        Assert.DoesNotContain(busy, work => work.IsCompleted);
        open.Set();
        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(busy));
    }

    [Fact]
    public async Task Alternate_between_clients()
    {
        using var open = new ManualResetEventSlim();
        var order = new List<string>();
        using var alone = new DecodingThreads(1, TimeProvider.System);
        Task<int> first = alone.RunAsync("first", () => Wait(open, 0), Cancellation);
        Task<int>[] many = [.. Enumerable.Range(0, 20).Select(i => alone.RunAsync("many", () => Note("many"), Cancellation))];
        Task<int> few = alone.RunAsync("few", () => Note("few"), Cancellation);

        open.Set();
        await Task.WhenAll([first, few, .. many]);

        Assert.InRange(order.IndexOf("few"), 0, 1);

        int Note(string name)
        {
            order.Add(name);
            return SpinWait.SpinUntil(() => false, 2) ? 1 : 0;
        }
    }

    [Fact]
    public async Task Forget_work_whose_client_has_left()
    {
        using var open = new ManualResetEventSlim();
        using var leaving = new CancellationTokenSource();
        Task<int> running = _threads.RunAsync("one", () => Wait(open, 1), Cancellation);
        bool isDone = false;
        Task<bool> waiting = _threads.RunAsync("one", () => isDone = true, leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        open.Set();
        await running;
        Assert.True(SpinWait.SpinUntil(() => _threads.Count == 0, s_patience));
        Assert.False(isDone);
    }

    [Fact]
    public async Task Refuse_more_than_a_share_of_the_places()
    {
        using var open = new ManualResetEventSlim();
        List<Task> taken = [];
        ProblemException? refusal = null;
        while (refusal is null)
        {
            Task<int> one = _threads.RunAsync("one", () => Wait(open, 0), Cancellation);
            refusal = one.IsFaulted ? one.Exception.InnerException as ProblemException : null;
            taken.Add(one);
        }

        int other = await _threads.RunAsync("other", () => 3, Cancellation);

        Assert.Equal((ProblemKinds.Overloaded, 3), (refusal.Kind, other));
        Assert.InRange(taken.Count, 100, 1500);
        open.Set();
        await Task.WhenAll(taken.SkipLast(1));
    }

    private static int Wait(ManualResetEventSlim open, int value) => open.Wait(s_patience) ? value : -2;
}
