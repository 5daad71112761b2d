using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

public sealed class FrameSketchSpecs
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(33, 25)]
    [InlineData(320, 240)]
    public void Of_the_same_frame_does_not_differ(int width, int height)
    {
        FrameDifference difference = Sketch(width, height, Scene).Difference(Sketch(width, height, Scene));

        Assert.Equal(new FrameDifference(0, 0), difference);
        Assert.True(difference.IsStill);
    }

    [Fact]
    public void Of_black_and_of_white_differs_entirely()
    {
        FrameDifference difference = Sketch(64, 48, (_, _) => 0).Difference(Sketch(64, 48, (_, _) => 255));

        Assert.Equal(1, difference.Picture, 2);
        Assert.Equal(1, difference.Greys, 5);
    }

    [Fact]
    public void Differs_little_in_greys_when_the_scene_only_moves()
    {
        FrameDifference moved = Sketch(320, 240, Scene).Difference(Sketch(320, 240, (x, y) => Scene(x + 20, y)));

        Assert.InRange(moved.Picture, 0.005, 1);
        Assert.InRange(moved.Greys, 0, 0.05);
        Assert.False(moved.IsCut);
        Assert.False(moved.IsStill);
    }

    [Fact]
    public void Sees_the_brightness_of_colours()
    {
        var red = new DecodedImage(1, 1, [255, 0, 0, 255]);
        var grey = new DecodedImage(1, 1, [76, 76, 76, 255]);

        FrameDifference difference = FrameSketch.Of(red).Difference(FrameSketch.Of(grey));

        Assert.InRange(difference.Picture, 0, 0.01);
    }

    [Theory]
    [InlineData(0.02, 0.02, false)]
    [InlineData(0.024, 0.027, false)]
    [InlineData(0.079, 0.157, false)]
    [InlineData(0.108, 0.045, false)]
    [InlineData(0.9, 0.01, false)]
    [InlineData(0.01, 0.9, false)]
    [InlineData(0.18, 0.28, true)]
    [InlineData(1, 1, true)]
    public void Is_judged_by_both_measures(double picture, double greys, bool expected) =>
        Assert.Equal(expected, new FrameDifference(picture, greys).IsCut);

    private static int Scene(int x, int y) => 128 + (int)(60 * Math.Sin(x / 23.0) * Math.Cos(y / 17.0)) + (int)(40 * Math.Sin((x + y) / 51.0));

    private static FrameSketch Sketch(int width, int height, Func<int, int, int> grey)
    {
        byte[] pixels = new byte[4 * width * height];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            byte value = (byte)grey(pixel % width, pixel / width);
            (pixels[4 * pixel], pixels[(4 * pixel) + 1], pixels[(4 * pixel) + 2], pixels[(4 * pixel) + 3]) = (value, value, value, 255);
        }

        return FrameSketch.Of(new DecodedImage(width, height, pixels));
    }
}
