using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class ConvolutionTermSpecs
{
    private const int Side = 32;
    private const int Area = Side * Side;

    private static readonly ConvolutionTerm s_term = new(new ShapeKey(Side, Side));

    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0, 0)]
    [InlineData(-1, 0, 0, 0, 0, 0, 0)]
    [InlineData(0.5, 0.3, 1e9, -7, 0.1, 0.2, 0.3)]
    [InlineData(-1e9, 0.3, 1e9, -7, 0.1, 0.2, 0.3)]
    [InlineData(1, 1, 0, 0, Side, Side, 0.1)]
    [InlineData(3, 1, 1, 1, Side - 2, Side - 2, 0.1)]
    [InlineData(5, 2, 2, 3, 14, 13, 0.1)]
    public void Takes_windows_that_lie_in_the_plane(double size, double factor, double top, double left, double rows, double columns, double step)
    {
        (float[] planes, float[] injected) = Named(size, factor, top, left, rows, columns, step);
        float[] mapped = new float[Area];

        Assert.Null(s_term.RefusalOf(planes));
        s_term.Add(new float[Area], injected, mapped);

        Assert.All(mapped, number => Assert.True(float.IsFinite(number)));
    }

    [Theory]
    [InlineData(1000, 0, 0, 0, 0, 0, 0)]
    [InlineData(1, 0, 0, 0, 9.9e8, 0, 0.1)]
    [InlineData(1, 0, 0, 0, 1, 1, 0.1)]
    [InlineData(2, 1, 1, 1, 4, 4, 0.1)]
    [InlineData(3, 1, 0, 1, 4, 4, 0.1)]
    [InlineData(3, 1, 1, 1, Side, 4, 0.1)]
    [InlineData(3, 1, 1, 1, 4, Side - 1, 0.1)]
    [InlineData(3, 9, 1, 1, 5, 4, 0.1)]
    [InlineData(3, 1, 1, 1, -4, 4, 0.1)]
    [InlineData(3, 1, 1.5, 1, 4, 4, 0.1)]
    [InlineData(33, 1, 16, 16, 1, 1, 0.1)]
    [InlineData(3, 1, 1, 1, 4, 4, double.NaN)]
    [InlineData(double.NaN, 1, 1, 1, 4, 4, 0.1)]
    [InlineData(double.PositiveInfinity, 1, 1, 1, 4, 4, 0.1)]
    public void Refuses_all_others_and_neither_throws_nor_loops_by_them(double size, double factor, double top, double left, double rows, double columns, double step)
    {
        (float[] planes, float[] injected) = Named(size, factor, top, left, rows, columns, step);
        float[] mapped = new float[Area];

        Assert.Contains("names a convolution", s_term.RefusalOf(planes), StringComparison.Ordinal);
        s_term.Add(new float[Area], injected, mapped);
        Assert.All(mapped, number => Assert.Equal(double.IsNaN(size) ? 0 : float.NaN, number));
    }

    [Fact]
    public void Refuses_taps_that_are_not_finite()
    {
        (float[] planes, _) = Named(3, 1, 1, 1, 4, 4, 0.1);
        planes[(RestorationPlanes.Kernel * Area) + 9] = float.NaN;

        Assert.NotNull(s_term.RefusalOf(planes));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    [InlineData(1e9, false)]
    public void Names_no_convolution_in_a_plane_too_small_for_its_numbers(double size, bool isTaken)
    {
        const int area = 4;
        var term = new ConvolutionTerm(new ShapeKey(2, 2));
        float[] planes = new float[RestorationPlanes.Count * area], injected = new float[RestorationPlanes.Injected * area], mapped = new float[area];
        (planes[RestorationPlanes.Kernel * area], injected[(RestorationPlanes.Injected - 1) * area]) = ((float)size, (float)size);

        Assert.Equal(isTaken, term.RefusalOf(planes) is null);
        term.Add(new float[area], injected, mapped);

        Assert.All(mapped, number => Assert.Equal(isTaken, float.IsFinite(number)));
    }

    private static (float[] Planes, float[] Injected) Named(params double[] head)
    {
        float[] planes = new float[RestorationPlanes.Count * Area], injected = new float[RestorationPlanes.Injected * Area];
        for (int i = 0; i < head.Length; i++)
        {
            planes[(RestorationPlanes.Kernel * Area) + i] = (float)head[i];
            injected[((RestorationPlanes.Injected - 1) * Area) + i] = (float)head[i];
        }

        return (planes, injected);
    }
}
