using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Specs.Tasks.Flow.FirstGuess;

public sealed class PairThreadsSpecs
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(2, 2)]
    [InlineData(3, 40)]
    public void Do_every_part_once_before_they_return(int threads, int parts)
    {
        using var pair = new PairThreads(threads);
        int[] done = new int[parts];

        for (int i = 0; i < 100; i++)
        {
            pair.Run(parts, part => Interlocked.Increment(ref done[part]));
        }

        Assert.Equal(Enumerable.Repeat(100, parts), done);
    }

    [Fact]
    public void Do_parts_at_the_same_time()
    {
        using var pair = new PairThreads(2);
        using var both = new Barrier(2);
        bool[] met = new bool[2];

        pair.Run(2, part => met[part] = both.SignalAndWait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal([true, true], met);
    }

    [Fact]
    public void Throw_what_a_part_has_thrown_once_the_others_are_done()
    {
        using var pair = new PairThreads(2);
        int done = 0;

        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => pair.Run(8, part =>
        {
            Interlocked.Increment(ref done);
            throw new InvalidOperationException("lost");
        }));

        Assert.Equal("lost", thrown.Message);
        Assert.Equal(8, done);
    }

    [Fact]
    public void Serve_several_that_ask_at_once()
    {
        using var pair = new PairThreads(2);
        int sum = 0;

        Thread[] asking = [.. Enumerable.Range(0, 4).Select(_ => new Thread(Ask) { IsBackground = true })];
        Array.ForEach(asking, thread => thread.Start());
        Assert.All(asking, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(5)), "A thread that asks did not end within five minutes."));

        Assert.Equal(4 * 50 * 3, sum);

        void Ask()
        {
            for (int i = 0; i < 50; i++)
            {
                pair.Run(3, part => Interlocked.Add(ref sum, part));
            }
        }
    }
}
