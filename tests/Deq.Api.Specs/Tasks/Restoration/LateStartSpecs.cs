using Deq.Api.Tasks.Restoration;

namespace Deq.Api.Specs.Tasks.Restoration;

public sealed class LateStartSpecs
{
    [Fact]
    public void Takes_memory_when_it_is_written_and_gives_it_back()
    {
        var start = new LateStart(3);
        ReadOnlyMemory<float> memory = start.Memory;

        Assert.Equal((3, false), (memory.Length, start.IsHeld));
        ((float[])[1, 2, 3]).CopyTo(start.GetSpan());
        Assert.Equal([1, 2, 3], memory.ToArray());
        start.Release();
        Assert.False(start.IsHeld);
        Assert.Equal([0, 0, 0], memory.ToArray());
    }

    [Fact]
    public void Can_be_pinned()
    {
        var start = new LateStart(2);
        start.GetSpan()[1] = 5;

        using System.Buffers.MemoryHandle pinned = start.Memory[1..].Pin();
        start.GetSpan()[1] = 6;

        Assert.Equal([6], start.Memory[1..].ToArray());
    }
}
