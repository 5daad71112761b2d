using Deq.Runtime.Implicit;

namespace Deq.Runtime.Specs.Implicit;

public sealed class InputBoundsSpecs
{
    [Fact]
    public void Leaves_what_lies_inside_as_it_is()
    {
        float[] x = [0.3f, -0.4f];

        new InputBounds { Radius = 0.6, Least = -0.5f, Most = 0.5f }.Project([], x);

        Assert.Equal([0.3f, -0.4f], x);
    }

    [Fact]
    public void Moves_to_the_nearest_point_of_a_ball_around_its_centre()
    {
        float[] x = [4, 6];

        new InputBounds { Radius = 2.5 }.Project([1, 2], x);

        Assert.Equal(2.5f, x[0], tolerance: 1e-6f);
        Assert.Equal(4f, x[1], tolerance: 1e-6f);
    }

    [Fact]
    public void Lies_in_ball_and_box_where_the_centre_lies_in_the_box()
    {
        float[] x = [3, 0.2f];

        new InputBounds { Radius = 1, Least = 0, Most = 1 }.Project([0.8f, 0.5f], x);

        Assert.All(x, value => Assert.InRange(value, 0, 1));
        Assert.InRange(Math.Sqrt(Math.Pow(x[0] - 0.8, 2) + Math.Pow(x[1] - 0.5, 2)), 0, 1);
    }
}
