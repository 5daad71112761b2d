using Deq.Runtime.Imaging;
using Deq.Runtime.Specs.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FlowColoursSpecs
{
    /// <summary>By hand from colorcode.cpp: places 0, 27, 13.5 and 40.5 of its wheel.</summary>
    [Theory]
    [InlineData(1.0, 0.0, 255, 0, 0)]
    [InlineData(-1.0, 0.0, 0, 209, 255)]
    [InlineData(0.0, 1.0, 255, 229, 0)]
    [InlineData(0.0, -1.0, 88, 0, 255)]
    public void Have_the_hues_of_Middlebury(double u, double v, int red, int green, int blue)
    {
        (byte Red, byte Green, byte Blue) colour = FlowColours.Of(u, v);

        Assert.InRange(colour.Red, red - 1, red + 1);
        Assert.InRange(colour.Green, green - 1, green + 1);
        Assert.InRange(colour.Blue, blue - 1, blue + 1);
    }

    [Fact]
    public void Around_the_wheel_are_many_and_no_two_neighbours_far_apart()
    {
        (byte Red, byte Green, byte Blue)[] around =
            [.. Enumerable.Range(0, 720).Select(half => FlowColours.Of(Math.Cos(half * Math.PI / 360), Math.Sin(half * Math.PI / 360)))];

        Assert.All(around.Zip(around[1..]), pair => Assert.True(Distance(pair.First, pair.Second) <= 16));
        Assert.True(around.Distinct().Count() > 300);
    }

    [Fact]
    public void Fade_to_white_with_the_length_and_darken_beyond_the_scale()
    {
        Assert.Equal((255, 255, 255), FlowColours.Of(0, 0));
        Assert.True(FlowColours.Of(0.5, 0).Green > FlowColours.Of(0.9, 0).Green);
        Assert.Equal((191, 0, 0), FlowColours.Of(1.5, 0));
    }

    [Fact]
    public void Are_drawn_as_a_PNG_that_says_its_scale_with_the_unknown_in_black()
    {
        var flow = new FlowField(3, 1, [2.5f, 0, 0], [0, 0, 0], [true, true, false]);

        byte[] png = FlowColours.Png(flow);

        PngSamples image = PngReader.Read(png, new ImageLimits());
        Assert.Equal([255, 0, 0, 255, 255, 255, 0, 0, 0], image.Samples.Select(sample => (int)sample));
        Assert.Equal("Comment\0Flow: full saturation at 2.5 pixels", System.Text.Encoding.ASCII.GetString(Pngs.Chunk(png, "tEXt")));
        Assert.Equal(2.5, FlowColours.Scale(flow));
    }

    [Fact]
    public void Are_drawn_to_a_given_scale_and_to_one_pixel_when_nothing_moves()
    {
        var still = new FlowField(1, 1, [0], [0]);
        var slow = new FlowField(1, 1, [1], [0]);

        Assert.Equal(1, FlowColours.Scale(still));
        Assert.Equal([255, 127, 127], PngReader.Read(FlowColours.Png(slow, 2), new ImageLimits()).Samples.Select(sample => (int)sample));
        Assert.Throws<ArgumentOutOfRangeException>(() => FlowColours.Png(slow, 0));
    }

    private static int Distance((byte Red, byte Green, byte Blue) a, (byte Red, byte Green, byte Blue) b) =>
        Math.Max(Math.Abs(a.Red - b.Red), Math.Max(Math.Abs(a.Green - b.Green), Math.Abs(a.Blue - b.Blue)));
}
