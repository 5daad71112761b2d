using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Testing.Bundles;

/// <summary>
/// A complete equilibrium model of a few hundred weights: image [B, 1, 8, 8] ↦ x = W·image as [B, 4, 4]; f(z, x) = tanh(A·z + x), D = 16;
/// logits = C·z of 4 classes. Its weights are at hand, so that specs can compute the same in double precision.
/// </summary>
public sealed class TinyBundle
{
    public const int Side = 8;
    public const int InputLength = Side * Side;
    public const int StateWidth = 16;
    public const int Classes = 4;

    private readonly TinyBundleOptions _options;
    private readonly float[] _w;
    private readonly float[] _a;
    private readonly float[] _c;

    public TinyBundle(TinyBundleOptions? options = null)
    {
        _options = options ?? new();
        var random = new Random(_options.Seed);
        _w = Normal(random, StateWidth * InputLength, 1.0 / Math.Sqrt(InputLength));
        _a = [.. Orthogonal(random).Select(value => (float)(_options.SpectralNorm * value))];
        _c = Normal(random, Classes * StateWidth, 1);
    }

    /// <summary>Writes a bundle with the given options and returns its folder.</summary>
    public static string Write(string directory, TinyBundleOptions? options = null)
    {
        new TinyBundle(options).Write(directory);
        return directory;
    }

    /// <summary>Writes the bundle.</summary>
    public ModelManifest Write(string directory) => BundleWriter.Write(directory, Manifest(), Files());

    /// <summary>What the bundle promises, without hashes.</summary>
    public ModelManifest Manifest() => new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = _options.Name,
        Version = _options.Version,
        Task = "image-classification",
        Description = "A tiny model for specs.",
        Input = new() { Channels = 1, Height = Side, Width = Side, Mean = [0], Deviation = [1] },
        Labels = ["circle", "square", "triangle", "star"],
        Encoder = new("encode.onnx", [new("image", ["B", "1", "8", "8"])], [new("x", ["B", "4", "4"])]),
        Cell = new("cell.onnx", [new("z", ["B", "16"]), new("x", ["B", "4", "4"])], [new("fz", ["B", "16"])]),
        Decoder = new("decode.onnx", [new("z", ["B", "16"])], [new("logits", ["B", "4"])]),
        CellVectorJacobian = _options.HasVectorJacobian
            ? new("cell-vjp.onnx", [new("z", ["B", "16"]), new("x", ["B", "4", "4"]), new("u", ["B", "16"])], [new("uJ", ["B", "16"])])
            : null,
        JointCell = _options.HasJointGraphs
            ? new(
                "cell-joint.onnx",
                [new("z", ["B", "16"]), new("x", ["B", "4", "4"]), new("u", ["B", "16"])],
                [new("fz", ["B", "16"]), new("uJ", ["B", "16"]), new("uJx", ["B", "4", "4"])])
            : null,
        DecoderVectorJacobian = _options.HasJointGraphs ? new("decode-vjp.onnx", [new("z", ["B", "16"]), new("v", ["B", "4"])], [new("vD", ["B", "16"])]) : null,
        EncoderVectorJacobian = _options.HasJointGraphs
            ? new("encode-vjp.onnx", [new("image", ["B", "1", "8", "8"]), new("w", ["B", "4", "4"])], [new("wE", ["B", "1", "8", "8"])])
            : null,
        Defaults = new()
        {
            Solver = _options.Solver,
            Tolerance = _options.Tolerance,
            ToleranceLimit = Math.Min(1e-6, _options.Tolerance),
            MaxEvaluations = _options.MaxEvaluations,
            AbsoluteTolerance = _options.AbsoluteTolerance,
            EvaluationsLimit = _options.EvaluationsLimit,
        },
        Quality = new Dictionary<string, double> { ["accuracy"] = 0.25 },
        Provenance = new Dictionary<string, string> { ["seed"] = $"{_options.Seed}" },
        Files = new Dictionary<string, string>(),
    };

    /// <summary>The files beside the manifest, by path.</summary>
    public IReadOnlyDictionary<string, byte[]> Files()
    {
        var files = new Dictionary<string, byte[]>
        {
            ["encode.onnx"] = TinyGraphs.Encoder(Transposed(_w, StateWidth), _options.FailsAboveMean),
            ["cell.onnx"] = TinyGraphs.Cell(Transposed(_a, StateWidth), _options.IsLinear, _options.ExtraWork),
            ["decode.onnx"] = TinyGraphs.Decoder(Transposed(_c, Classes)),
            ["MODEL_CARD.md"] = "# tiny\n"u8.ToArray(),
        };
        if (_options.HasVectorJacobian)
        {
            files.Add("cell-vjp.onnx", TinyGraphs.VectorJacobian(Transposed(_a, StateWidth), _a, _options.IsLinear));
        }

        if (_options.HasJointGraphs)
        {
            files.Add("cell-joint.onnx", TinyGraphs.JointCell(Transposed(_a, StateWidth), _a, _options.IsLinear, _options.ExtraWork));
            files.Add("decode-vjp.onnx", TinyGraphs.DecoderVectorJacobian(_c));
            files.Add("encode-vjp.onnx", TinyGraphs.EncoderVectorJacobian(_w));
        }

        return files;
    }

    /// <summary>x = W·image in double precision, <c>[16]</c>.</summary>
    public double[] Injection(ReadOnlySpan<float> image) => Product(_w, [.. image.ToArray().Select(value => (double)value)]);

    /// <summary>f(z, x) in double precision, <c>[16]</c>.</summary>
    public double[] Map(double[] z, double[] x) =>
        [.. Product(_a, z).Zip(x, (az, injected) => _options.IsLinear ? az + injected : Math.Tanh(az + injected))];

    /// <summary>z* of an image by plain iteration in double precision until nothing changes, <c>[16]</c>.</summary>
    public double[] FixedPoint(ReadOnlySpan<float> image)
    {
        double[] x = Injection(image);
        double[] z = new double[StateWidth];
        for (int i = 0; i < 100_000; i++)
        {
            double[] next = Map(z, x);
            double change = next.Zip(z, (a, b) => Math.Abs(a - b)).Max();
            z = next;
            if (change < 1e-14)
            {
                break;
            }
        }

        return z;
    }

    /// <summary>logits = C·z in double precision, <c>[4]</c>.</summary>
    public double[] Logits(double[] z) => Product(_c, z);

    /// <summary>An image of independent uniform numbers in [0, 1), <c>[1, 8, 8]</c>.</summary>
    public static float[] Image(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, InputLength).Select(_ => random.NextSingle())];
    }

    private static double[] Product(float[] matrix, double[] vector) =>
    [
        .. Enumerable.Range(0, matrix.Length / vector.Length)
            .Select(row => vector.Select((value, column) => matrix[(row * vector.Length) + column] * value).Sum()),
    ];

    private static float[] Transposed(float[] matrix, int rows)
    {
        int columns = matrix.Length / rows;
        return [.. Enumerable.Range(0, matrix.Length).Select(i => matrix[(i % rows * columns) + (i / rows)])];
    }

    private static float[] Normal(Random random, int count, double deviation) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(deviation * Gaussian(random)))];

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A random rotation by Gram–Schmidt: every singular value is 1, so ρ times it has spectral norm ρ.</summary>
    private static double[] Orthogonal(Random random)
    {
        var rows = new List<double[]>();
        while (rows.Count < StateWidth)
        {
            double[] row = [.. Enumerable.Range(0, StateWidth).Select(_ => Gaussian(random))];
            foreach (double[] other in rows)
            {
                double overlap = row.Zip(other, (a, b) => a * b).Sum();
                row = [.. row.Zip(other, (a, b) => a - (overlap * b))];
            }

            double norm = Math.Sqrt(row.Sum(value => value * value));
            rows.Add([.. row.Select(value => value / norm)]);
        }

        return [.. rows.SelectMany(row => row)];
    }
}
