using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Testing.Bundles;

/// <summary>
/// A complete flow estimator of a few hundred weights, in the shapes that real ones have: z = (h of 4 planes, flow of 2) at a quarter of the
/// frames' size; f(z, x, volume0) = A ⋆ z + x + R·volume0 with a 3 × 3 convolution A that contracts; the flow of a cell in all of its pixels.
/// </summary>
/// <remarks>Its weights are random: it estimates nothing, but its fixed point exists, is unique and depends on both frames everywhere.</remarks>
public sealed class TinyFlowBundle
{
    public const string Name = "tiny-flow";
    public const int Multiple = 16;
    public const int Stride = 4;
    public const int Hidden = 4;
    public const int Planes = Hidden + 2;
    public const double PixelsPerChange = 2;

    private readonly TinyFlowOptions _options;
    private readonly Random _random;

    public TinyFlowBundle(TinyFlowOptions? options = null)
    {
        _options = options ?? new();
        _random = new Random(_options.Seed);
    }

    /// <summary>Writes a bundle with the given options and returns its folder.</summary>
    public static string Write(string directory, TinyFlowOptions? options = null)
    {
        var bundle = new TinyFlowBundle(options);
        BundleWriter.Write(directory, bundle.Manifest(), bundle.Files());
        return directory;
    }

    /// <summary>What the bundle promises, without hashes.</summary>
    public ModelManifest Manifest() => new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = _options.Name,
        Version = "1.0.0",
        Task = FlowTask.Id,
        Description = "A tiny flow estimator for specs.",
        Input = new()
        {
            Channels = 3,
            Mean = [0.5, 0.5, 0.5],
            Deviation = [0.5, 0.5, 0.5],
            Resize = "pad",
            Sizes = new() { Multiple = Multiple, LeastSide = 8, MostPixels = _options.MostPixels, TypicalHeight = 32, TypicalWidth = 48 },
        },
        State = ModelManifest.Section(new FlowState { Hidden = Hidden, Stride = Stride, PixelsPerChange = PixelsPerChange }),
        Encoder = new("encode.onnx", [new("image", ["B", "6", "16*H", "16*W"])], [.. Injections(), .. _options.HasStart ? [new("z0", ["B", "6", "4*H", "4*W"])] : Array.Empty<TensorContract>()]),
        Cell = new("cell.onnx", [new("z", ["B", "6", "4*H", "4*W"]), .. Injections()], [new("fz", ["B", "6", "4*H", "4*W"])]),
        Decoder = new("decode.onnx", [new("z", ["B", "6", "4*H", "4*W"])], [new("flow", ["B", "2", "16*H", "16*W"])]),
        Defaults = new()
        {
            Solver = _options.Solver,
            Tolerance = _options.Tolerance,
            ToleranceLimit = Math.Min(1e-6, _options.Tolerance),
            MaxEvaluations = _options.MaxEvaluations,
            EvaluationsLimit = 1000,
        },
        Quality = _options.Quality,
        Provenance = new Dictionary<string, string> { ["seed"] = $"{_options.Seed}" },
        Files = new Dictionary<string, string>(),
    };

    /// <summary>The files beside the manifest, by path.</summary>
    public IReadOnlyDictionary<string, byte[]> Files()
    {
        (float[] mixing, float[] comparing, float[] contraction, float[] reading) = (Weights(Planes * 6, 0.3), Weights(9 * 6, 1), Contraction(), Weights(Planes * 9, 0.3));
        return new Dictionary<string, byte[]>
        {
            ["encode.onnx"] = TinyFlowGraphs.Encoder(mixing, comparing, _options.HasStart ? reading : null, _options.FailsAboveMean),
            ["cell.onnx"] = TinyFlowGraphs.Cell(contraction, reading),
            ["decode.onnx"] = TinyFlowGraphs.Decoder(),
            ["MODEL_CARD.md"] = "# tiny flow\n"u8.ToArray(),
        };
    }

    private static TensorContract[] Injections() =>
        [new("x", ["B", "6", "4*H", "4*W"]), new("volume0", ["B", "4*H", "4*W", "3", "3"])];

    private float[] Weights(int count, double scale) => [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * _random.NextDouble()) - 1)))];

    /// <summary>[6, 6, 3, 3]: the absolute numbers of each output's kernel sum to the rate, so f contracts at that rate in the largest norm.</summary>
    private float[] Contraction()
    {
        float[] kernels = Weights(Planes * Planes * 9, 1);
        int size = Planes * 9;
        for (int output = 0; output < Planes; output++)
        {
            Span<float> kernel = kernels.AsSpan(output * size, size);
            float sum = 0;
            foreach (float weight in kernel)
            {
                sum += Math.Abs(weight);
            }

            for (int i = 0; i < kernel.Length; i++)
            {
                kernel[i] *= (float)_options.Rate / sum;
            }
        }

        return kernels;
    }
}

/// <summary>Which tiny flow estimator to make.</summary>
public sealed record TinyFlowOptions
{
    /// <summary>The model's name.</summary>
    public string Name { get; init; } = TinyFlowBundle.Name;

    /// <summary>From which its weights are drawn.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The rate at which f contracts, below 1; close to 1 solves take long.</summary>
    public double Rate { get; init; } = 0.8;

    /// <summary>Pairs whose mean number is above this give NaN at every evaluation; null makes none do so. 0 parts dark from bright.</summary>
    public double? FailsAboveMean { get; init; }

    /// <summary>Whether the encoder gives a start: f(0), one evaluation ahead of zero.</summary>
    public bool HasStart { get; init; }

    /// <summary>The most pixels of a padded frame.</summary>
    public int MostPixels { get; init; } = 256 * 256;

    /// <summary>The method callers get who ask for none.</summary>
    public string Solver { get; init; } = "anderson";

    /// <summary>The tolerance callers get who ask for none, pixels.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>The evaluations callers get who ask for none.</summary>
    public int MaxEvaluations { get; init; } = 40;

    /// <summary>What is said to have been measured of it.</summary>
    public IReadOnlyDictionary<string, double> Quality { get; init; } = new Dictionary<string, double>();
}
