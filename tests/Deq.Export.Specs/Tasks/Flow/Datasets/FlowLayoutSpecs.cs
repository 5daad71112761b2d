using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Specs.Tasks.Flow.Datasets;

public sealed class FlowLayoutSpecs
{
    private static readonly byte[] Flo = MiddleburyFlow.Write(FlowFiles.Flow());
    private static readonly byte[] Kitti = KittiFlow.Write(FlowFiles.Flow(unknown: 2));

    public static TheoryData<string, string, string[], string> Layouts => new()
    {
        { "middlebury", "Venus", ["Venus/frame10.png", "Venus/frame11.png", "Venus/flow10.flo"], "together" },
        { "middlebury", "Venus", ["other-data/Venus/frame10.png", "other-data/Venus/frame11.png", "other-gt-flow/Venus/flow10.flo"], "official" },
        { "flying-chairs", "00001", ["data/00001_img1.ppm", "data/00001_img2.ppm", "data/00001_flow.flo"], "official" },
        { "flying-chairs", "0000003", ["0000003-img0.ppm", "0000003-img1.ppm", "0000003-gt.flo"], "examples" },
        { "kitti", "000000", ["training/image_2/000000_10.png", "training/image_2/000000_11.png", "training/flow_occ/000000_10.png"], "2015" },
        { "kitti", "000000", ["colored_0/000000_10.png", "colored_0/000000_11.png", "flow_occ/000000_10.png"], "2012" },
        { "kitti", "000000", ["000000_10.png", "000000_11.png", "flow_gt_000000_10.png"], "flat" },
        { "sintel", "clean/alley_1/frame_0001", ["training/clean/alley_1/frame_0001.png", "training/clean/alley_1/frame_0002.png", "training/flow/alley_1/frame_0001.flo"], "official" },
        { "sintel", "alley_1/frame_0002", ["alley_1/frame_0002.png", "alley_1/frame_0003.png", "alley_1/gt/frame_0002.flo"], "scenes" },
    };

    [Theory, MemberData(nameof(Layouts))]
    public void Is_recognised_and_gives_its_frames_in_order_with_the_truth(string layout, string name, string[] files, string _)
    {
        using var folder = new TemporaryFolder();
        Fill(folder, files);

        FlowDataset dataset = FlowDataset.Open(folder.Path);

        Assert.Equal(layout, dataset.Layout);
        Assert.Equal([name], dataset.Names);
        FlowPair pair = dataset.Read(0);
        Assert.Equal((10, 20), (pair.First.Pixels[0], pair.Second.Pixels[0]));
        Assert.Equal((2f, -1f), (pair.Truth.U[0], pair.Truth.V[0]));
        Assert.Equal(layout == "kitti" ? 2 : 0, pair.Truth.Known.Count(known => !known));
        Assert.Null(pair.Occluded);
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Passes_over_the_files_that_other_systems_leave_beside_each(string layout, string name, string[] files, string _)
    {
        using var folder = new TemporaryFolder();
        Fill(folder, files);
        foreach (string file in files)
        {
            folder.Write(Path.Combine(Path.GetDirectoryName(file)!, "._" + Path.GetFileName(file)), "no frame"u8.ToArray());
        }

        FlowDataset dataset = FlowDataset.Open(folder.Path);

        Assert.Equal((layout, name), (dataset.Layout, Assert.Single(dataset.Names)));
    }

    [Theory]
    [InlineData(new[] { "0001", "0003", "0004" }, "0003")]
    [InlineData(new[] { "1", "2", "10" }, "1")]
    [InlineData(new[] { "9", "10", "11" }, "10,9")]
    public void Of_Sintel_pairs_a_frame_with_the_next_number_alone(string[] frames, string paired)
    {
        using var folder = new TemporaryFolder();
        foreach (string frame in frames)
        {
            folder.Write($"clean/a/frame_{frame}.png", FlowFiles.Png(byte.Parse(frame)));
            folder.Write($"flow/a/frame_{frame}.flo", Flo);
        }

        FlowDataset dataset = FlowDataset.Open(folder.Path);

        Assert.Equal(paired.Split(',').Select(frame => $"clean/a/frame_{frame}"), dataset.Names.Order(StringComparer.Ordinal));
        for (int index = 0; index < dataset.Count; index++)
        {
            FlowPair pair = dataset.Read(index);
            Assert.Equal(pair.First.Pixels[0] + 1, pair.Second.Pixels[0]);
        }
    }

    [Fact]
    public void Of_Sintel_marks_the_occluded_and_leaves_out_the_invalid()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, ["clean/a/frame_0001.png", "clean/a/frame_0002.png", "flow/a/frame_0001.flo"]);
        folder.Write("occlusions/a/frame_0001.png", FlowFiles.Mask());
        folder.Write("invalid/a/frame_0001.png", FlowFiles.Mask());

        FlowPair pair = FlowDataset.Open(folder.Path).Read(0);

        Assert.Equal([0], Enumerable.Range(0, 24).Where(pixel => pair.Occluded![pixel]));
        Assert.Equal([0], Enumerable.Range(0, 24).Where(pixel => !pair.Truth.Known[pixel]));
    }

    [Fact]
    public void Of_KITTI_takes_for_occluded_what_only_the_whole_truth_knows()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, ["image_2/000007_10.png", "image_2/000007_11.png", "flow_occ/000007_10.png"]);
        folder.Write("flow_noc/000007_10.png", KittiFlow.Write(FlowFiles.Flow(unknown: 5)));

        FlowPair pair = FlowDataset.Open(folder.Path).Read(0);

        Assert.Equal([19, 20, 21], Enumerable.Range(0, 24).Where(pixel => pair.Occluded![pixel]));
    }

    [Fact]
    public void Leaves_out_frames_without_truth_or_successor()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, ["s/frame_0001.png", "s/frame_0002.png", "s/gt/frame_0001.flo"]);
        folder.Write("s/frame_0003.png", FlowFiles.Png());
        folder.Write("s/gt/frame_0003.flo", Flo);

        Assert.Equal(["s/frame_0001"], FlowDataset.Open(folder.Path).Names);
    }

    [Fact]
    public void Names_the_file_that_is_damaged_or_of_another_size()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, ["Venus/frame10.png", "Venus/frame11.png", "Venus/flow10.flo"]);
        FlowDataset dataset = FlowDataset.Open(folder.Path);

        folder.Write("Venus/frame11.png", FlowFiles.Png(width: 5));
        string size = Assert.Throws<DatasetException>(() => dataset.Read(0)).Message;
        folder.Write("Venus/flow10.flo", Flo[..^1]);
        string damage = Assert.Throws<DatasetException>(() => dataset.Read(0)).Message;

        Assert.Contains("frame11.png: It has 5 x 4 pixels; the pair's first frame has 6 x 4", size);
        Assert.Contains("flow10.flo: The flow has 191 bytes", damage);
    }

    [Fact]
    public void Is_listed_when_a_directory_has_none_of_them()
    {
        using var folder = new TemporaryFolder();

        string message = Assert.Throws<DatasetException>(() => FlowDataset.Open(folder.Path)).Message;

        Assert.All(FlowLayouts.All, layout => Assert.Contains($"{layout.Name} holds", message));
        Assert.Throws<DatasetException>(() => FlowDataset.Open(Path.Combine(folder.Path, "none")));
    }

    [Theory]
    [InlineData("flow_middlebury", "middlebury", 4)]
    [InlineData("flow_flyingchairs", "flying-chairs", 6)]
    [InlineData("flow_kitti", "kitti", 1)]
    [InlineData("flow_sintel", "sintel", 3)]
    public void Reads_real_pairs_whose_truth_brings_the_second_frame_onto_the_first(string folder, string layout, int pairs)
    {
        FlowDataset dataset = FlowDataset.Open(SharedImages.Directory(folder));

        Assert.Equal((layout, pairs), (dataset.Layout, dataset.Count));
        for (int index = 0; index < pairs; index++)
        {
            FlowPair pair = dataset.Read(index);
            Assert.True(Warping.Difference(pair, 1) < 0.7 * Warping.Difference(pair, 0), pair.Name);
            Assert.Equal(layout == "sintel", pair.Occluded?.Contains(true) == true);
        }
    }

    private static void Fill(TemporaryFolder folder, string[] files)
    {
        folder.Write(files[0], files[0].EndsWith("ppm", StringComparison.Ordinal) ? FlowFiles.Pixmap(10) : FlowFiles.Png(10));
        folder.Write(files[1], files[1].EndsWith("ppm", StringComparison.Ordinal) ? FlowFiles.Pixmap(20) : FlowFiles.Png(20));
        folder.Write(files[2], files[2].EndsWith("png", StringComparison.Ordinal) ? Kitti : Flo);
    }
}
