using Deq.Api.Settings;

namespace Deq.Api.Specs.Settings;

public sealed class MemoryBudgetSpecs
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(256, 2)]
    [InlineData(512, 2)]
    [InlineData(1024, 4)]
    [InlineData(65_536, 8)]
    public void Leaves_half_of_the_memory_however_much_is_decoded_held_and_kept(long megabytes, int decoders)
    {
        var budget = new MemoryBudget(megabytes * MiB);

        long decoded = 12L * decoders * budget.Pixels(decoders, 24_000_000);
        long all = decoded + budget.Held(8 * MiB, 256 * MiB) + budget.Streams(512 * MiB);

        Assert.InRange(all, 1, megabytes * MiB / 2);
    }

    [Fact]
    public void Gives_the_usual_limits_where_there_is_enough()
    {
        var budget = new MemoryBudget(16_384 * MiB);

        Assert.Equal((24_000_000, 256 * MiB, 512 * MiB), (budget.Pixels(2, 24_000_000), budget.Held(8 * MiB, 256 * MiB), budget.Streams(512 * MiB)));
    }
}
