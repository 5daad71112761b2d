using Deq.Api.Settings;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class FlowInputsSpecs
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(384, 18)]
    [InlineData(3072, 144)]
    [InlineData(6144, 256)]
    [InlineData(1 << 20, 256)]
    public void Keep_idle_buffers_by_the_memory_of_the_server(long available, long idle) =>
        Assert.Equal(idle * MiB, FlowInputs.IdleBytes(new LaneMemory(new MemoryBudget(available * MiB).Lanes)));

    [Fact]
    public void Keep_those_of_one_pair_where_there_is_room_to_solve_one() =>
        Assert.InRange(new FlowGuess(384, 320, threads: null).Bytes, 1, FlowInputs.IdleBytes(new LaneMemory(new MemoryBudget(384 * MiB).Lanes)));
}
