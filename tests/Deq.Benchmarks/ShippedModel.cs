using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>A bundle and fixed inputs for it: the sample images of the documentation, then standard normal numbers.</summary>
internal sealed class ShippedModel : IDisposable
{
    private readonly ModelBundle _bundle;
    private readonly float[][] _inputs;

    /// <summary>Opens a bundle.</summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="rows">How many inputs, at least as many as there are samples.</param>
    public ShippedModel(string directory, int rows)
    {
        _bundle = ModelBundle.Open(directory, new());
        string[] samples = [.. Directory.GetFiles(Repository.Folder("docs", "samples"), "*.png").Order(StringComparer.Ordinal)];
        _inputs = [.. samples.Select(Sample), .. Enumerable.Range(1, rows - samples.Length).Select(Noise)];
    }

    /// <summary>The model's name in its manifest.</summary>
    public string Name => _bundle.Manifest.Name;

    /// <summary>Whether a bundle takes the pictures that this class feeds it.</summary>
    /// <param name="directory">Its folder.</param>
    public static bool IsClassifier(string directory)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new());
        return bundle.Manifest.Task == ModelTasks.Classification;
    }

    /// <summary>Solves for all inputs in one batch.</summary>
    public IReadOnlyList<RowSolution> Solve(IFixedPointMethod method, RowGrant grant)
    {
        using OnnxLane lane = _bundle.Model.OpenLane(_inputs.Length);
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
        foreach (float[] input in _inputs)
        {
            batch.Join(grant, out int row);
            lane.Encode(input, row);
            lane.Start(batch.IterateSlot, row);
        }

        var rows = new RowSolution[_inputs.Length];
        FixedPoint.Run(batch, done => rows[done.Ticket] = done.Solution);
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => _bundle.Dispose();

    private float[] Sample(string file)
    {
        float[] input = new float[_bundle.Model.InputLength];
        ImageTensor.Fill(ImageDecoder.Decode(File.ReadAllBytes(file), new()), _bundle.Manifest.Input, input);
        return input;
    }

    private float[] Noise(int seed)
    {
        var random = new Gaussian(seed);
        return [.. Enumerable.Range(0, _bundle.Model.InputLength).Select(_ => (float)random.Next())];
    }
}
