using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;
using Deq.Testing;

namespace Deq.Runtime.Specs.Tasks.Restoration;

/// <summary>The energy of the included restorer belongs to its cell.</summary>
public sealed class RestorationEnergySpecs : IDisposable
{
    private const int Height = 14;
    private const int Width = 18;
    private const double Sigma = 40;

    private readonly ModelBundle _bundle = ModelBundle.Open(Repository.Folder("models", "restore"), new ExecutionOptions());
    private readonly Random _random = new(1);

    public static TheoryData<string> Operators => [.. Degradation.Names];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Has_the_gradient_whose_step_the_cell_takes(string name)
    {
        Solve solve = Begin(name);
        using OnnxLane lane = solve.Lane;
        lane.Evaluate(solve.Z, solve.Z + 1, 1);
        float[] z = lane.Space.Row(solve.Z, 0).ToArray();
        double[] gradient = [.. z.Select((value, i) => (value - lane.Space.Row(solve.Z + 1, 0)[i]) * solve.Problem.Strength / solve.Strength[i])];
        double length = Math.Sqrt(gradient.Sum(value => value * value));
        double[] along = [.. gradient.Select(value => (value / length) + (_random.NextDouble() - 0.5) / Math.Sqrt(z.Length))];
        const double step = 0.02;

        double slope = (EnergyAt(step) - EnergyAt(-step)) / (2 * step);

        double expected = gradient.Zip(along, (one, other) => one * other).Sum();
        Assert.InRange(slope / expected, 0.98, 1.02);

        double EnergyAt(double by)
        {
            Span<float> state = lane.Space.Row(solve.Z, 0);
            for (int i = 0; i < z.Length; i++)
            {
                state[i] = (float)(z[i] + (by * along[i]));
            }

            return solve.Energy(solve.Z);
        }
    }

    [Theory]
    [MemberData(nameof(Operators))]
    public void Falls_with_every_plain_step_and_belongs_to_the_fixed_point(string name)
    {
        Solve solve = Begin(name);
        using OnnxLane lane = solve.Lane;
        var energies = new List<double>();
        (int z, int fz) = (solve.Z, solve.Z + 1);

        for (int evaluation = 0; evaluation < 40; evaluation++)
        {
            energies.Add(solve.Energy(z));
            lane.Evaluate(z, fz, 1);
            (z, fz) = (fz, z);
        }

        Assert.All(energies.Zip(energies.Skip(1)), pair => Assert.InRange(pair.Second, 0, pair.First * (1 + 1e-6)));
        Assert.InRange(energies[^1], 0, 0.98 * energies[0]);
    }

    [Fact]
    public void Is_the_squares_of_a_picture_without_texture()
    {
        var problem = new RestorationProblem(Degradation.OfNoise(), Height, Width, _bundle.Manifest, Sigma, lambda: 1);
        OnnxModel model = _bundle.Model.At(problem.Shape);
        using OnnxLane lane = model.OpenLane(1);
        int z = lane.Space.Allocate(1);
        float[] planes = new float[model.InputLength];
        float[] measured = [.. Enumerable.Repeat(0.5f, Height * Width)];
        problem.Fill(measured, planes, new float[model.StateWidth]);
        lane.Encode(planes, 0);

        lane.Space.Row(z, 0).Clear();

        Assert.Equal(0, lane.Energy(z, 0), 1e-6);
        Assert.Equal(0.125 * model.StateWidth, problem.Energy(lane.Space.Row(z, 0), measured, lane.Energy(z, 0)), 1e-3);
    }

    public void Dispose() => _bundle.Dispose();

    private Solve Begin(string name)
    {
        Degradation degradation = name switch
        {
            Degradation.Mask => Degradation.OfMask([.. Enumerable.Range(0, Height * Width).Select(i => i % 3 != 0)]),
            Degradation.Blur => Degradation.OfBlur(BlurKernel.Shrinking(2)),
            Degradation.Downsample => Degradation.OfShrinking(2),
            _ => Degradation.OfNoise(),
        };
        var problem = new RestorationProblem(degradation, Height, Width, _bundle.Manifest, Sigma, lambda: 1);
        OnnxModel model = _bundle.Model.At(problem.Shape);
        float[] measured = [.. Enumerable.Range(0, Height * Width).Select(i => (i % Width > Width / 2 ? 0.7f : 0.3f) + (0.2f * (_random.NextSingle() - 0.5f)))];
        float[] planes = new float[model.InputLength];
        float[] start = new float[model.StateWidth];
        problem.Fill(measured, planes, start);
        OnnxLane lane = model.OpenLane(1);
        int z = lane.Space.Allocate(2);
        lane.Encode(planes, 0);
        lane.Start(z, 0, start);
        return new Solve(problem, lane, z, measured, planes.AsMemory(RestorationPlanes.Strength * model.StateWidth, model.StateWidth).ToArray());
    }

    private sealed record Solve(RestorationProblem Problem, OnnxLane Lane, int Z, float[] Measured, float[] Strength)
    {
        public double Energy(int slot) => Problem.Energy(Lane.Space.Row(slot, 0), Measured, Lane.Energy(slot, 0));
    }
}
