using Deq.Api.Streams;

namespace Deq.Api.Specs.Streams;

public sealed class ReadAheadSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(1 << 19, 2)]
    public void Holds_up_a_sender_by_bytes_and_by_frames_however_small(int bytes, int frames)
    {
        var ahead = new ReadAhead(1 << 20);

        for (int frame = 0; frame < frames; frame++)
        {
            Assert.True(ahead.WaitAsync(Cancellation).IsCompleted);
            ahead.Add(bytes);
        }

        Task held = ahead.WaitAsync(Cancellation);
        Assert.False(held.IsCompleted);
        ahead.Remove(bytes);
        Assert.True(ahead.WaitAsync(Cancellation).IsCompleted);
    }
}
