using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Classification;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Export.Specs.Bundling;

public sealed class ShippedModelSpecs
{
    private const long MostBytes = 20_000_000;

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Repository.Folder("models")).Select(path => Path.GetFileName(path))];

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Repository.Folder("docs", "samples"), "*.png").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Computes_in_onnx_runtime_what_torch_computes(string name)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", name), new ExecutionOptions());

        VerifiedModel model = TrainedTasks.OfProgram.Named(bundle.Manifest.Task).Verified(bundle, new VerifiedSamples(null, Count: 3, Seed: 4));
        using var verification = new BundleVerification(bundle, model);

        IEnumerable<VerifiedPart> parts = model.Inputs.SelectMany(inputs => verification.Run(inputs, seed: 5));

        Assert.All(parts, part => Assert.InRange(part.LargestDifference, 0, 1e-4));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_small_and_has_a_card_and_a_measured_quality(string name)
    {
        string directory = Repository.Folder("models", name);
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());

        Assert.Equal(name, bundle.Manifest.Name);
        Assert.InRange(Directory.GetFiles(directory).Sum(file => new FileInfo(file).Length), 1, MostBytes);
        Assert.Contains("## Quality", File.ReadAllText(Path.Combine(directory, "MODEL_CARD.md")), StringComparison.Ordinal);
        if (bundle.Manifest.Task == ClassificationTask.Id)
        {
            Assert.InRange(bundle.Manifest.Quality["accuracy"], name == "fashion-mnist" ? 0.9 : 0.85, 1);
            Assert.InRange(bundle.Manifest.Quality["meanEvaluations"], 1, 12);
            Assert.InRange(bundle.Manifest.Quality["convergedShare"], 0.99, 1);
        }

        if (bundle.Manifest.Task == ReasoningTask.Id)
        {
            Assert.InRange(bundle.Manifest.Quality["asymptoticAlignment"], name == "sudoku" ? 0.9 : 0.999, 1);
            Assert.InRange(bundle.Manifest.Quality["settledButWrong"], 0, 0.01);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Knows_what_the_samples_show(string sample)
    {
        using ModelBundle bundle = ModelBundle.Open(Repository.Folder("models", "fashion-mnist"), new ExecutionOptions());
        using OnnxLane lane = bundle.Model.OpenLane(capacity: 1);
        var batch = new RunningBatch(lane.Space, lane, new AndersonAcceleration(), TimeProvider.System);
        float[] pixels = new float[bundle.Model.InputLength];
        float[] logits = new float[bundle.Model.OutputLength];
        DecodedImage image = ImageDecoder.Decode(File.ReadAllBytes(Repository.Folder("docs", "samples", sample)), new ImageLimits());
        ImageTensor.Fill(image, bundle.Manifest.Input, pixels);
        batch.Join(new RowGrant { Tolerance = new Tolerance { Limit = bundle.Manifest.Defaults.Tolerance } }, out int row);
        lane.Encode(pixels, row);
        FixedPoint.Run(batch, done => lane.Decode(done.Slot, done.Row, logits));

        string label = bundle.Manifest.Labels[logits.AsSpan().IndexOf(logits.Max())];
        Assert.StartsWith(Path.GetFileNameWithoutExtension(sample), label.Replace(' ', '-').Replace('/', '-').ToLowerInvariant(), StringComparison.Ordinal);
    }
}
