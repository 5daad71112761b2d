using Deq.Runtime.Implicit;

namespace Deq.Runtime.Specs.Implicit;

public sealed class NearestChangeSpecs
{
    private const double Radius = 10;

    private static readonly InputBounds s_box = new() { Least = 0, Most = 1 };

    [Fact]
    public void Wants_the_wanted_label_ahead_of_all_where_there_is_one()
    {
        var problem = new NearestChange { Lead = 0.5 };
        float[] cotangent = new float[4];

        double any = problem.Loss(Brought([0, 0], label: 1, wanted: null), [0, 1, 1.6f, 0.2f], cotangent);
        double wanted = problem.Loss(Brought([0, 0], label: 1, wanted: 3), [0, 1, 1.6f, 0.2f], cotangent);

        Assert.Equal(-0.1, any, tolerance: 1e-6);
        Assert.Equal(1.9, wanted, tolerance: 1e-6);
        Assert.Equal([0f, 0f, 1f, -1f], cotangent);
    }

    [Fact]
    public void Goes_to_the_nearest_point_of_the_linearized_constraint()
    {
        // 3x + 4y ≤ 5 from (2, 1.5): the constraint is 7 there, the distance 7/5 along (3, 4)/5.
        float[] next = Step(new NearestChange { LongestMove = 100 }, image: [2, 1.5f], x: [2, 1.5f], gradient: [3, 4], loss: 7, step: 1);

        Assert.Equal(2 - (7 * 3 / 25.0), next[0], tolerance: 1e-5);
        Assert.Equal(1.5 - (7 * 4 / 25.0), next[1], tolerance: 1e-5);
    }

    [Fact]
    public void Measures_the_distance_from_the_image_and_not_from_where_it_stands()
    {
        float[] next = Step(new NearestChange { LongestMove = 100 }, image: [0, 0], x: [5, -1], gradient: [0, 1], loss: 1, step: 1);

        Assert.Equal(0, next[0], tolerance: 1e-6);
        Assert.Equal(-2, next[1], tolerance: 1e-5);
    }

    [Fact]
    public void Lets_other_numbers_do_what_the_box_keeps_one_from()
    {
        // x + y ≤ −1.2 + x₀ + y₀ with 0 ≤ x, y: x ends at its bound 0, y does the rest.
        float[] next = Step(new NearestChange { Bounds = s_box, LongestMove = 100 }, image: [0.3f, 1], x: [0.3f, 1], gradient: [1, 1], loss: 1.2, step: 1);

        Assert.Equal(0, next[0]);
        Assert.Equal(0.1, next[1], tolerance: 1e-5);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.01)]
    public void Never_leaves_the_ball(double radius)
    {
        float[] next = Step(new NearestChange { Bounds = s_box, LongestMove = 100 }, image: [0.5f, 0.5f], x: [0.5f, 0.5f], gradient: [1, 2], loss: 100, step: 1, radius);

        Assert.Equal(radius, Math.Sqrt(Math.Pow(next[0] - 0.5, 2) + Math.Pow(next[1] - 0.5, 2)), tolerance: 1e-5);
    }

    [Fact]
    public void Stays_where_nothing_is_known()
    {
        float[] next = Step(new NearestChange { Bounds = s_box, LongestMove = 100 }, image: [0.5f, 0.5f], x: [0.5f, 0.5f], gradient: [0, 0], loss: 1, step: 1);

        Assert.Equal([0.5f, 0.5f], next);
    }

    [Fact]
    public void Goes_the_share_of_the_way_that_is_asked()
    {
        float[] next = Step(new NearestChange { LongestMove = 100 }, image: [0, 0], x: [0, 0], gradient: [0, 1], loss: 1, step: 0.25);

        Assert.Equal([0f, -0.25f], next);
    }

    [Fact]
    public void Moves_no_further_than_state_and_multiplier_can_follow()
    {
        float[] next = Step(new NearestChange { LongestMove = 0.5 }, image: [0, 0], x: [0, 0], gradient: [0, 1], loss: 3, step: 1);

        Assert.Equal([0f, -0.5f], next);
    }

    [Fact]
    public void Ranks_a_near_change_before_a_far_one_and_any_before_none()
    {
        double near = Rank(x: [0.2f, 0], loss: 0, equilibrium: 0.01);
        double far = Rank(x: [0.4f, 0], loss: -3, equilibrium: 0.01);
        double lagging = Rank(x: [0.2f, 0], loss: 0, equilibrium: 0.5);
        double none = Rank(x: [0.1f, 0], loss: 2, equilibrium: 0.01);

        Assert.True(near < far);
        Assert.True(near < lagging);
        Assert.True(Math.Max(far, lagging) < none);
    }

    private static double Rank(float[] x, double loss, double equilibrium) =>
        new NearestChange { LongestMove = 100 }.RankOf(Brought([0, 0], 0, null), new JointPoint { X = x, Gradient = [1, 1], Loss = loss }, equilibrium)!.Value;

    private static float[] Brought(float[] image, int label, int? wanted, double radius = Radius)
    {
        float[] brought = new float[image.Length + 3];
        NearestChange.Write(image, label, wanted, radius, brought);
        return brought;
    }

    private static float[] Step(NearestChange problem, float[] image, float[] x, float[] gradient, double loss, double step, double radius = Radius)
    {
        float[] next = new float[x.Length];
        problem.Step(Brought(image, 0, null, radius), new JointPoint { X = x, Gradient = gradient, Loss = loss }, step, next);
        return next;
    }
}
