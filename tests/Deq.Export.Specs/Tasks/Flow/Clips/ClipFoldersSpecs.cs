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

    [Theory]
    [InlineData("f1 f2 f9 f10 f11", "clip 2, clip/f9 3")]
    [InlineData("f01 f02 f10", "clip 2")]
    [InlineData("f5 f10 f15 f25 f30", "clip 3, clip/f25 2")]
    [InlineData("000000_10 000000_11 000001_10 000001_11", "clip 2, clip/000001_10 2")]
    [InlineData("a b c", "clip 3")]
    [InlineData("f1 ._f2 f2 @eaDir/f3", "clip 2")]
    public void Follows_the_numbers_of_frames_and_ends_where_some_are_missing(string frames, string clips)
    {
        FlowClip drawn = DrawnPairs.Clips(frames: 2).Draw(1);
        foreach (string frame in frames.Split(' ').Reverse())
        {
            DrawnPairs.WriteFrames(_folder.File("drawn"), drawn);
            string file = _folder.File($"clip/{frame}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(_folder.File("drawn/frame_00.png"), file);
        }

        IReadOnlyList<FlowClip> read = ClipFolders.Read(_folder.File("clip"), []);

        Assert.Equal(clips, string.Join(", ", read.Select(clip => $"{clip.Name} {clip.Frames.Count}")));
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
