using Deq.Api.Requests;

namespace Deq.Api.Specs.Requests;

public sealed class ImageSizeSpecs
{
    private static readonly byte[] s_rest = new byte[32];

    /// <summary>A start of frame of 5 × 3 pixels.</summary>
    private static readonly byte[] s_frame = [0xFF, 0xC2, 0, 17, 8, 0, 3, 0, 5, 3];

    [Fact]
    public void Is_read_from_the_first_bytes()
    {
        Assert.Equal(600 * 400, ImageSize.PixelsOf([.. Png("IHDR"u8), 0, 0, 2, 0x58, 0, 0, 1, 0x90, .. s_rest]));
        Assert.Equal(15, ImageSize.PixelsOf([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, .. s_frame, .. s_rest]));
    }

    [Fact]
    public void Is_not_believed_where_a_decoder_may_see_another()
    {
        Assert.Null(ImageSize.PixelsOf([.. Png("gAMA"u8), 0, 0, 0, 0, 0, 0, 0, 0, .. s_rest]));
        foreach (byte marker in (byte[])[0xFF, 0x01, 0xD0, 0xD8])
        {
            Assert.Null(ImageSize.PixelsOf([0xFF, 0xD8, 0xFF, marker, .. s_frame, .. s_rest]));
        }
    }

    private static byte[] Png(ReadOnlySpan<byte> name) => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. name];
}
