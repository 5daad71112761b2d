using Deq.Runtime.Implicit;

namespace Deq.Runtime.Specs.Implicit;

/// <summary>What every problem of joint inference promises.</summary>
public sealed class JointProblemSpecs
{
    private const int Input = 3;
    private const int Output = 4;

    private static readonly Dictionary<string, IJointProblem> s_all = new(StringComparer.Ordinal)
    {
        ["least squares"] = new LeastSquares { Penalty = 0.3 },
        ["nearest change"] = new NearestChange { Lead = 0.5 },
    };

    public static TheoryData<string> Names => [.. s_all.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_the_derivatives_of_its_loss(string name)
    {
        IJointProblem problem = s_all[name];
        float[] brought = Brought(name);
        float[] output = [0.9f, 0.2f, -0.4f, 0.1f];
        float[] x = [0.5f, -0.2f, 0.7f];
        float[] cotangent = new float[Output];
        float[] gradient = new float[Input];

        problem.Loss(brought, output, cotangent);
        problem.Prior(brought, x, gradient);

        Assert.All(Enumerable.Range(0, Output), place => Assert.Equal(Slope(output, place, at => problem.Loss(brought, at, new float[Output])), cotangent[place], tolerance: 1e-3));
        Assert.All(Enumerable.Range(0, Input), place => Assert.Equal(Slope(x, place, at => problem.Prior(brought, at, new float[Input])), gradient[place], tolerance: 1e-3));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Starts_from_what_the_row_brings(string name)
    {
        float[] x = new float[Input];

        s_all[name].Start(Brought(name), x);

        Assert.Equal([0.1f, 0.2f, 0.3f], x);
    }

    [Fact]
    public void Counts_no_pixel_of_weight_0()
    {
        float[] brought = new float[11];
        LeastSquares.Write([1, 1, 1, 1], [1, 0, 1, 0], [], brought);
        float[] cotangent = new float[Output];

        double loss = new LeastSquares().Loss(brought, [1, 9, 0, float.MaxValue], cotangent);

        Assert.Equal(0.5, loss, tolerance: 1e-6);
        Assert.Equal([0f, 0f, -1f, 0f], cotangent);
    }

    private static float[] Brought(string name)
    {
        float[] brought = new float[s_all[name].LengthOf(Input, Output)];
        if (name == "least squares")
        {
            LeastSquares.Write([0.1f, 0.5f, 0.3f, -0.2f], [1, 0.5f, 0, 2], [0.1f, 0.2f, 0.3f], brought);
        }
        else
        {
            NearestChange.Write([0.1f, 0.2f, 0.3f], label: 0, wanted: null, radius: 9, brought);
        }

        return brought;
    }

    private static double Slope(float[] at, int place, Func<float[], double> loss)
    {
        const float step = 1e-2f;
        float[] above = [.. at];
        float[] below = [.. at];
        (above[place], below[place]) = (at[place] + step, at[place] - step);
        return (loss(above) - loss(below)) / ((double)above[place] - below[place]);
    }
}
