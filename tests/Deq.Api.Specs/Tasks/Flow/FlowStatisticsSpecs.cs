using Deq.Api.Tasks.Flow;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class FlowStatisticsSpecs
{
    [Fact]
    public void Says_the_direction_of_every_sixteenth_of_a_turn()
    {
        for (int sixteenth = 0; sixteenth < 16; sixteenth++)
        {
            double angle = ((22.5 * sixteenth) + 8) * Math.PI / 180;
            var flow = new FlowField(2, 1, [(float)(3 * Math.Cos(angle)), 0], [(float)(3 * Math.Sin(angle)), 0]);

            var statistics = FlowStatistics.Of(flow);

            Assert.Equal((22.5 * sixteenth) + 8, statistics.DominantDirection!.Degrees, 0.1);
            Assert.Equal(1, statistics.DominantDirection.Share, 1e-4);
            Assert.Equal(3, statistics.MaxMagnitude, 1e-5);
        }
    }

    [Theory]
    [InlineData(11.2, 0)]
    [InlineData(11.3, 1)]
    [InlineData(-11.2, 0)]
    [InlineData(191.3, 9)]
    [InlineData(348.7, 15)]
    public void Counts_a_direction_to_the_sector_whose_middle_is_nearest(double degrees, int sector)
    {
        double angle = degrees * Math.PI / 180, middle = 22.5 * sector * Math.PI / 180;
        var flow = new FlowField(
            2, 1, [(float)Math.Cos(angle), (float)(2 * Math.Cos(middle))], [(float)Math.Sin(angle), (float)(2 * Math.Sin(middle))]);

        var statistics = FlowStatistics.Of(flow);

        Assert.Equal(1, statistics.DominantDirection!.Share, 1e-4);
    }
}
