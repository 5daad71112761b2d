using System.Numerics;
using System.Numerics.Tensors;

namespace Deq.Testing;

/// <summary>The problems that specs and benchmarks share.</summary>
public static class NamedProblems
{
    /// <summary>D of most problems.</summary>
    public const int Width = 32;

    /// <summary>Linear problems with real eigenvalues spread evenly over [−ρ, ρ].</summary>
    public static IReadOnlyList<NamedProblem> Linear { get; } = [Spread(0.5), Spread(0.9), Spread(0.95), Spread(0.99)];

    /// <summary>0.9·R(θ) for 16 angles θ in (0, π): every eigenvalue has modulus 0.9, so Picard contracts and nothing else is easy.</summary>
    public static NamedProblem Rotation { get; } = LinearOf("rotation-0.9", Circle(seed: 1003, pairs: Width / 2), 0.9);

    /// <summary>f(z) = tanh(W·z + x), ‖W‖₂ near 1.6.</summary>
    public static NamedProblem Tanh { get; } = Cell("tanh", SquareMatrix.Random(1004, Width, 0.8), TensorPrimitives.Tanh);

    /// <summary>f(z) = tanh(W·z + x), ‖W‖₂ near 4: its fixed points repel Picard iteration more often than not.</summary>
    public static NamedProblem StrongTanh { get; } =
        Cell("tanh-strong", SquareMatrix.Random(77, Width, 2), TensorPrimitives.Tanh) with { IsSmooth = false };

    /// <summary>f(z) = relu(W·z + x), not differentiable, ‖W‖₂ near 1.6.</summary>
    public static NamedProblem Relu { get; } =
        Cell("relu", SquareMatrix.Random(1005, Width, 0.8), (z, fz) => TensorPrimitives.Max(z, 0, fz)) with { IsSmooth = false };

    /// <summary>f = 0.</summary>
    public static NamedProblem Zero { get; } = new("zero", 3, (_, _, fz) => fz.Clear()) { SpectralRadius = 0 };

    /// <summary>f(z) = 0.7·z + x with D = 1.</summary>
    public static NamedProblem Scalar { get; } = LinearOf("scalar", new SquareMatrix(new[,] { { 0.7 } }), 0.7);

    /// <summary>Always NaN.</summary>
    public static NamedProblem NeverFinite { get; } = new("never-finite", 5, (_, _, fz) => fz.Fill(float.NaN)) { IsSmooth = false };

    /// <summary>f(z) = 100·z + x: infinite after some evaluations.</summary>
    public static NamedProblem Explosion { get; } = new("explosion", 8, (row, z, fz) => TensorPrimitives.MultiplyAdd(z, 100f, row.Injection, fz))
    {
        IsSmooth = false,
        SpectralRadius = 100,
    };

    /// <summary>Problems with a fixed point that every method finds.</summary>
    public static IReadOnlyList<NamedProblem> Solvable { get; } = [.. Linear, Rotation, Tanh, Relu, Zero, Scalar];

    /// <summary>Every problem.</summary>
    public static IReadOnlyList<NamedProblem> All { get; } = [.. Solvable, StrongTanh, NeverFinite, Explosion];

    /// <summary>The problem of that name.</summary>
    public static NamedProblem Find(string name) => All.First(problem => problem.Name == name);

    /// <summary>f(z) = A·z + x.</summary>
    public static NamedProblem LinearOf(string name, SquareMatrix matrix, double spectralRadius)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return new NamedProblem(name, matrix.Width, (row, z, fz) =>
        {
            matrix.Multiply(z, fz);
            TensorPrimitives.Add(fz, row.Injection, fz);
        })
        { SpectralRadius = spectralRadius, Matrix = matrix };
    }

    /// <summary>A normal matrix whose eigenvalues are complex pairs of modulus 0.9, spread evenly over the angles.</summary>
    public static SquareMatrix Circle(int seed, int pairs) => SquareMatrix.OfComplexPairs(
        seed, [.. Enumerable.Range(0, pairs).Select(i => Complex.FromPolarCoordinates(0.9, Math.PI * (i + 0.5) / pairs))]);

    /// <summary>The same problem in another unit: f'(z) = c·f(z/c).</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="factor">c; a power of two changes no rounding.</param>
    public static NamedProblem Scaled(this NamedProblem problem, double factor)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem with
        {
            Name = $"{problem.Name}*{factor}",
            Evaluate = (row, z, fz) =>
            {
                float[] unscaled = new float[z.Length];
                TensorPrimitives.Divide(z, (float)factor, unscaled);
                problem.Evaluate(row, unscaled, fz);
                TensorPrimitives.Multiply(fz, (float)factor, fz);
            },
        };
    }

    /// <summary>The same problem, NaN at one evaluation of a row or from it on.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="first">The first evaluation that is NaN, counted from 1.</param>
    /// <param name="last">The last.</param>
    public static NamedProblem NotFiniteAt(this NamedProblem problem, int first, int last = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem with
        {
            Name = $"{problem.Name}-nan-{first}",
            IsSmooth = false,
            Evaluate = (row, z, fz) =>
            {
                problem.Evaluate(row, z, fz);
                if (row.Evaluations + 1 >= first && row.Evaluations + 1 <= last)
                {
                    fz[^1] = float.NaN;
                }
            },
        };
    }

    private static NamedProblem Spread(double radius) => LinearOf(
        $"linear-{radius}",
        SquareMatrix.OfSpectrum(1002, [.. Enumerable.Range(0, Width).Select(i => radius * ((2.0 * i / (Width - 1)) - 1))]),
        radius);

    private static NamedProblem Cell(string name, SquareMatrix weight, Activation activation) => new(name, weight.Width, (row, z, fz) =>
    {
        weight.Multiply(z, fz);
        TensorPrimitives.Add(fz, row.Injection, fz);
        activation(fz, fz);
    });

    private delegate void Activation(ReadOnlySpan<float> z, Span<float> fz);
}
