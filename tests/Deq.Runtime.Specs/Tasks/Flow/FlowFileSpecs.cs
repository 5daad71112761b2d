using System.Buffers.Binary;
using CsCheck;
using Deq.Runtime.Imaging;
using Deq.Runtime.Specs.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FlowFileSpecs
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<string> Formats => [.. FlowFields.Formats];

    [Theory, MemberData(nameof(Formats))]
    public void Gives_back_every_vector_and_what_is_unknown(string format)
    {
        FlowField written = FlowFields.Pattern(31, 17);

        FlowField read = FlowFields.Read(format, FlowFields.Write(format, written), written, s_limits);

        Assert.Equal((written.Width, written.Height), (read.Width, read.Height));
        Assert.Equal(written.U, read.U);
        Assert.Equal(written.V, read.V);
        Assert.Equal(written.Known, read.Known);
    }

    [Fact]
    public void Of_Middlebury_is_a_tag_a_size_and_pairs_of_numbers()
    {
        var flow = new FlowField(2, 1, [1.5f, 0], [-2, 0], [true, false]);

        byte[] bytes = MiddleburyFlow.Write(flow);

        Assert.Equal(12 + 16, bytes.Length);
        Assert.Equal(202021.25f, BinaryPrimitives.ReadSingleLittleEndian(bytes));
        Assert.Equal([2, 1], new[] { BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) });
        Assert.Equal([1.5f, -2f], new[] { BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(12)), BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(16)) });
        Assert.True(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(20)) > 1e9f);
    }

    [Fact]
    public void Of_Middlebury_is_unknown_where_a_number_is_huge_or_none()
    {
        byte[] bytes = MiddleburyFlow.Write(new FlowField(4, 1, new float[4], new float[4]));
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(12), float.NaN);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(12 + 12), -1.1e9f);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(12 + 16), float.PositiveInfinity);

        FlowField flow = MiddleburyFlow.Read(bytes, s_limits);

        Assert.Equal([false, false, false, true], flow.Known);
        Assert.Equal(0, flow.Longest());
    }

    [Fact]
    public void Of_KITTI_rounds_to_a_64th_of_a_pixel_and_leaves_out_what_it_cannot_hold()
    {
        var flow = new FlowField(4, 1, [1.01f, -512, 512, 600], [0.004f, 511.984375f, 0, 0]);

        FlowField read = KittiFlow.Read(KittiFlow.Write(flow), s_limits);

        Assert.Equal([true, true, false, false], read.Known);
        Assert.Equal([65 / 64f, -512], read.U[..2]);
        Assert.Equal([0, 511.984375f], read.V[..2]);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Is_rejected_when_it_passes_a_limit(string format)
    {
        FlowField flow = FlowFields.Pattern(20, 10);
        byte[] bytes = FlowFields.Write(format, flow);

        Assert.Equal(ImageFault.TooLarge, Fault(format, bytes, flow, new() { MaxWidth = 19 }));
        Assert.Equal(ImageFault.TooLarge, Fault(format, bytes, flow, new() { MaxHeight = 9 }));
        Assert.Equal(ImageFault.TooLarge, Fault(format, bytes, flow, new() { MaxPixels = 199 }));
        Assert.Equal(ImageFault.TooLarge, Fault(format, bytes, flow, new() { MaxBytes = bytes.Length - 1 }));
    }

    [Theory, MemberData(nameof(Formats))]
    public void Is_rejected_when_it_is_cut_off_anywhere_or_goes_on(string format)
    {
        FlowField flow = FlowFields.Pattern();
        byte[] bytes = FlowFields.Write(format, flow);

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotNull(Fault(format, bytes[..length], flow, s_limits));
        }

        Assert.True(format == "kitti" || Fault(format, [.. bytes, 0], flow, s_limits) == ImageFault.Undecodable);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(-3, 5)]
    [InlineData(7, 0)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(int.MinValue, int.MinValue)]
    public void Of_Middlebury_is_rejected_for_the_size_it_claims_before_memory_is_taken(int width, int height)
    {
        byte[] bytes = MiddleburyFlow.Write(FlowFields.Pattern());
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), height);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.NotNull(Fault("flo", bytes, FlowFields.Pattern(), s_limits));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
    }

    [Theory, MemberData(nameof(Formats))]
    public void Throws_nothing_but_rejections_when_bytes_are_changed(string format)
    {
        FlowField flow = FlowFields.Pattern();
        byte[] bytes = FlowFields.Write(format, flow);
        Gen<(int At, byte Value)[]> changes = Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Array[1, 6];

        changes.Array[3000].Sample(
            all => Array.ForEach(all, some => AssertReadsOrRejects(format, Changed(bytes, some), flow)), seed: "0000KoKu1Tz4", iter: 1, threads: 1);
    }

    [Fact]
    public void Of_KITTI_throws_nothing_but_rejections_when_bytes_are_changed_and_checksums_mended()
    {
        FlowField flow = FlowFields.Pattern();
        byte[] bytes = KittiFlow.Write(flow);
        Gen<(int At, byte Value)[]> changes = Gen.Select(Gen.Int[8, bytes.Length - 1], Gen.Byte).Array[1, 4];

        changes.Array[3000].Sample(
            all => Array.ForEach(all, some => AssertReadsOrRejects("kitti", Pngs.Mended(Changed(bytes, some)), flow)),
            seed: "0000KoKu1Tz4",
            iter: 1,
            threads: 1);
    }

    private static byte[] Changed(byte[] bytes, (int At, byte Value)[] changes)
    {
        byte[] changed = [.. bytes];
        foreach ((int at, byte value) in changes)
        {
            changed[at] = value;
        }

        return changed;
    }

    private static void AssertReadsOrRejects(string format, byte[] bytes, FlowField like)
    {
        try
        {
            FlowField read = FlowFields.Read(format, bytes, like, new() { MaxPixels = 1_000_000 });
            Assert.Equal(read.Width * read.Height, read.U.Length);
        }
        catch (ImageRejectedException rejection)
        {
            Assert.NotEmpty(rejection.Message);
        }
    }

    private static ImageFault? Fault(string format, byte[] bytes, FlowField like, ImageLimits limits) =>
        (Record.Exception(() => FlowFields.Read(format, bytes, like, limits)) as ImageRejectedException)?.Fault;
}
