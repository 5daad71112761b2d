using Deq.Api.Solving;

namespace Deq.Api.Specs.Solving;

public sealed class WaitingIteratesSpecs
{
    private const int Told = 200;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 128, 64)]
    [InlineData(4, 100_000, 2)]
    [InlineData(64, 131_072, 1)]
    public async Task Keep_the_newest_of_each_part_in_order_within_the_bytes_that_they_name(int parts, int bytes, int kept)
    {
        var waiting = new WaitingIterates([.. Enumerable.Repeat((long)bytes, parts)]);
        (int Evaluations, int Part)[] newest =
            [.. Enumerable.Range(Told - kept, kept).SelectMany(evaluations => Enumerable.Range(0, parts).Select(part => (evaluations, part)))];

        for (int evaluations = 0; evaluations < Told; evaluations++)
        {
            for (int part = 0; part < parts; part++)
            {
                waiting.Add(part, (evaluations, part));
            }
        }

        Assert.Equal((long)kept * parts * bytes, waiting.Bytes);
        Assert.InRange(waiting.Bytes, 1, Math.Max(WaitingIterates.UsualBytes, (long)parts * bytes));
        Assert.Equal(newest, await Rest(waiting));
    }

    [Fact]
    public async Task Drop_nothing_of_a_part_for_another_part()
    {
        var waiting = new WaitingIterates([WaitingIterates.UsualBytes, WaitingIterates.UsualBytes]);
        (int Evaluations, int Part)[] newest = [(0, 1), (Told - 1, 0)];

        waiting.Add(1, (0, 1));
        for (int evaluations = 0; evaluations < Told; evaluations++)
        {
            waiting.Add(0, (evaluations, 0));
        }

        Assert.Equal(newest, await Rest(waiting));
    }

    [Fact]
    public async Task Give_room_again_once_they_are_read()
    {
        var waiting = new WaitingIterates([WaitingIterates.UsualBytes]);
        await using IAsyncEnumerator<object> reader = waiting.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);

        for (int evaluations = 0; evaluations < 3; evaluations++)
        {
            waiting.Add(0, evaluations);
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(evaluations, reader.Current);
        }

        waiting.Complete();
        Assert.False(await reader.MoveNextAsync());
    }

    private static async Task<(int Evaluations, int Part)[]> Rest(WaitingIterates waiting)
    {
        waiting.Complete();
        var rest = new List<(int, int)>();
        await foreach (object iterate in waiting.ReadAllAsync(Cancellation))
        {
            rest.Add(((int, int))iterate);
        }

        return [.. rest];
    }
}
