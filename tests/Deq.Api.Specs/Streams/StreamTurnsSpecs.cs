using Deq.Api.Streams;

namespace Deq.Api.Specs.Streams;

public sealed class StreamTurnsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lets_one_in_at_a_time_in_the_order_in_which_they_came()
    {
        var turns = new StreamTurns();
        var order = new List<int>();
        IDisposable first = await turns.EnterAsync(Cancellation);
        using var gone = new CancellationTokenSource();
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(i => Enter(i, i == 7 ? gone.Token : Cancellation))];

        await gone.CancelAsync();
        first.Dispose();
        first.Dispose();
        await Task.WhenAll(waiting.Where((_, i) => i != 7));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[7]);
        Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 7), order);
        Assert.True(turns.EnterAsync(Cancellation).IsCompletedSuccessfully);

        async Task Enter(int place, CancellationToken cancellation)
        {
            using IDisposable turn = await turns.EnterAsync(cancellation);
            order.Add(place);
            await Task.Yield();
        }
    }
}
