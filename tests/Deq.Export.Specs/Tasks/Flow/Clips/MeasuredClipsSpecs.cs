using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

public sealed class MeasuredClipsSpecs : IDisposable
{
    private static readonly string[] s_kinds = ["drawn", "scene cut", "dropped frame", "jump of 20 pixels"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(8, 32, true)]
    [InlineData(24, 32, false)]
    [InlineData(24, 16, false)]
    public void Are_drawn_in_sizes_that_the_model_takes(int leastSide, int height, bool takesHalf)
    {
        using ModelBundle bundle = Bundle(leastSide);
        var clips = new MeasuredClips { Drawn = 1, Motion = new MotionOptions { Height = height, Width = 48, Frames = 6, MaxMotion = 3, FirstMotion = 3 } };

        ClipReport report = clips.Measure(bundle, threads: 1, _ => { });

        Assert.Equal([.. s_kinds, .. takesHalf ? ["size change"] : Array.Empty<string>()], report.Groups.Select(group => group.Name));
    }

    private ModelBundle Bundle(int leastSide)
    {
        var tiny = new TinyFlowBundle(new() { MaxEvaluations = 4 });
        ModelManifest manifest = tiny.Manifest();
        ImageInput input = manifest.Input with { Sizes = manifest.Input.Sizes! with { LeastSide = leastSide } };
        BundleWriter.Write(_folder.File("tiny-flow"), manifest with { Input = input }, tiny.Files());
        return ModelBundle.Open(_folder.File("tiny-flow"), new ExecutionOptions());
    }
}
