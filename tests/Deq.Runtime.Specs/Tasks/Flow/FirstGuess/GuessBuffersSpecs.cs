using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Runtime.Specs.Tasks.Flow.FirstGuess;

public sealed class GuessBuffersSpecs
{
    private static readonly long s_bytes = new FlowGuess(64, 48, threads: null).Bytes;

    [Fact]
    public void Are_used_again_for_frames_of_their_size()
    {
        using var threads = new PairThreads(1);
        var buffers = new GuessBuffers(threads, s_bytes);
        FlowGuess first = buffers.Take(64, 48);
        buffers.Return(first);

        FlowGuess other = buffers.Take(48, 64);
        FlowGuess again = buffers.Take(64, 48);

        Assert.NotSame(first, other);
        Assert.Same(first, again);
        Assert.NotSame(first, buffers.Take(64, 48));
    }

    [Fact]
    public void Are_kept_up_to_the_bound_those_used_last()
    {
        using var threads = new PairThreads(1);
        var buffers = new GuessBuffers(threads, (2 * s_bytes) + 1);
        FlowGuess[] taken = [.. Enumerable.Range(0, 3).Select(_ => buffers.Take(64, 48))];
        Array.ForEach(taken, buffers.Return);

        FlowGuess[] again = [.. Enumerable.Range(0, 3).Select(_ => buffers.Take(64, 48))];

        Assert.Same(taken[2], again[0]);
        Assert.Same(taken[1], again[1]);
        Assert.DoesNotContain(again[2], taken);
    }

    [Fact]
    public void Larger_than_the_bound_are_not_kept_and_take_no_place()
    {
        using var threads = new PairThreads(1);
        var buffers = new GuessBuffers(threads, s_bytes);
        FlowGuess small = buffers.Take(64, 48), large = buffers.Take(128, 96);
        buffers.Return(small);
        buffers.Return(large);

        FlowGuess smallAgain = buffers.Take(64, 48), largeAgain = buffers.Take(128, 96);

        Assert.Same(small, smallAgain);
        Assert.NotSame(large, largeAgain);
    }
}
