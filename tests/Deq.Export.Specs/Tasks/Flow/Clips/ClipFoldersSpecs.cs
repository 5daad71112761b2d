using Deq.Export.Datasets;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Models;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

public sealed class ClipFoldersSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_a_clip_in_the_order_of_names_with_the_truth_of_pairs_that_have_its_frames()
    {
        FlowClip drawn = DrawnPairs.Clips(frames: 4).Draw(1);
        DrawnPairs.WriteFrames(_folder.File("clip"), drawn);
        var known = new FlowPair("pair", drawn.Frames[1], drawn.Frames[2], drawn.Truth[1]!, null);

        FlowClip clip = Assert.Single(ClipFolders.Read(_folder.File("clip"), [known, DrawnPairs.Pair(5)]));

        Assert.Equal("clip", clip.Name);
        Assert.Equal(drawn.Frames.Select(frame => frame.Pixels), clip.Frames.Select(frame => frame.Pixels));
        Assert.Equal([null, drawn.Truth[1], null], clip.Truth);
    }

    [Fact]
    public void Of_folders_is_a_clip_for_each()
    {
        DrawnPairs.WriteFrames(_folder.File("clips/b"), DrawnPairs.Clips(frames: 2).Draw(1));
        DrawnPairs.WriteFrames(_folder.File("clips/a"), DrawnPairs.Clips(frames: 3).Draw(2));
        Directory.CreateDirectory(_folder.File("clips/empty"));

        IReadOnlyList<FlowClip> clips = ClipFolders.Read(_folder.File("clips"), []);

        Assert.Equal([("a", 3), ("b", 2)], clips.Select(clip => (clip.Name, clip.Frames.Count)));
    }

    [Fact]
    public void With_frames_that_the_model_does_not_take_is_refused_by_name()
    {
        DrawnPairs.WriteFrames(_folder.File("clips/a"), DrawnPairs.Clips(frames: 2).Draw(1));
        DrawnPairs.WriteFrames(_folder.File("clips/b"), DrawnPairs.Clips(frames: 2, height: 64, width: 96).Draw(1));
        ImageInput input = new TinyFlowBundle(new() { MostPixels = 32 * 48 }).Manifest().Input;

        string message = Assert.Throws<DatasetException>(() => ClipFolders.Read(_folder.File("clips"), [], input)).Message;

        Assert.Contains(Path.Combine("b", "frame_00.png"), message, StringComparison.Ordinal);
        Assert.Contains("Frames of 96 x 64 pixels", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_frames_is_refused()
    {
        Assert.Contains("two frames", Assert.Throws<DatasetException>(() => ClipFolders.Read(_folder.Path, [])).Message);
        Assert.Contains("no such directory", Assert.Throws<DatasetException>(() => ClipFolders.Read(_folder.File("none/at/all"), [])).Message);
    }
}
