using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Runtime.Specs.Imaging;

public sealed class PngReaderSpecs
{
    private static readonly ImageLimits s_limits = new();

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 8)]
    [InlineData(3, 8)]
    [InlineData(4, 8)]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    [InlineData(3, 16)]
    [InlineData(4, 16)]
    public void Comes_back_as_it_was_written(int channels, int depth)
    {
        PngSamples written = Noise(13, 9, channels, depth);

        PngSamples read = PngReader.Read(PngWriter.Write(written), s_limits);

        Assert.Equal((13, 9, channels, depth), (read.Width, read.Height, read.Channels, read.Depth));
        Assert.Equal(written.Samples, read.Samples);
    }

    [Fact]
    public void Looks_to_another_decoder_as_it_was_written()
    {
        PngSamples written = Noise(13, 9, 3, 8);

        DecodedImage seen = ImageDecoder.Decode(PngWriter.Write(written), s_limits);

        Assert.Equal(written.Samples.Select(sample => (byte)sample), seen.Pixels.Where((_, place) => place % 4 != 3));
    }

    [Theory]
    [InlineData(SKPngEncoderFilterFlags.None, 0)]
    [InlineData(SKPngEncoderFilterFlags.Sub, 1)]
    [InlineData(SKPngEncoderFilterFlags.Up, 2)]
    [InlineData(SKPngEncoderFilterFlags.Avg, 3)]
    [InlineData(SKPngEncoderFilterFlags.Paeth, 4)]
    public void Is_read_from_another_encoder_under_each_filter(SKPngEncoderFilterFlags filter, int number)
    {
        using SKBitmap bitmap = EncodedImages.Draw(24, 16, (x, y) => new SKColor((byte)(x * 11), (byte)(y * 13), (byte)((x * 31) ^ (y * 17)), (byte)(200 + x)));
        using SKPixmap pixels = bitmap.PeekPixels()!;
        using SKData? png = pixels.Encode(new SKPngEncoderOptions(filter, 0));

        PngSamples read = PngReader.Read(png!.ToArray(), s_limits);

        Assert.Equal((24, 16, 4, 8), (read.Width, read.Height, read.Channels, read.Depth));
        Assert.Equal(bitmap.GetPixelSpan().ToArray(), read.Samples.Select(sample => (byte)sample));
        Assert.Equal(number, StoredFilters(png.ToArray(), read.RowBytes)[1]);
    }

    [Theory]
    [InlineData(25, 3, "colour type 3")]
    [InlineData(25, 1, "colour type 1")]
    [InlineData(24, 4, "4 bits")]
    [InlineData(28, 1, "interlacing 1")]
    public void Is_rejected_when_it_is_of_a_kind_that_holds_no_plain_numbers(int at, byte value, string reason)
    {
        byte[] png = PngWriter.Write(Noise(4, 4, 3, 8));
        png[at] = value;

        ImageRejectedException rejection = Assert.Throws<ImageRejectedException>(() => PngReader.Read(Pngs.Mended(png), s_limits));

        Assert.Contains(reason, rejection.Message, StringComparison.Ordinal);
        Assert.Equal(ImageFault.UnknownFormat, rejection.Fault);
    }

    [Fact]
    public void Is_rejected_when_it_unpacks_to_less_than_its_size_or_its_head_has_another_checksum()
    {
        byte[] higher = PngWriter.Write(Noise(4, 4, 3, 8));
        higher[23] = 5;

        Assert.Contains("too few rows", Rejection(higher), StringComparison.Ordinal);
        Assert.Contains("checksum", Assert.Throws<ImageRejectedException>(() => PngReader.Read(higher, s_limits)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_read_up_to_its_last_row_when_it_unpacks_to_more()
    {
        PngSamples written = Noise(4, 4, 3, 8);
        byte[] lower = PngWriter.Write(written);
        lower[23] = 3;

        PngSamples read = PngReader.Read(Pngs.Mended(lower), s_limits);

        Assert.Equal(3, read.Height);
        Assert.Equal(written.Samples[..(3 * 4 * 3)], read.Samples);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Is_read_with_a_suggested_palette_where_it_has_colours(int channels)
    {
        PngSamples written = Noise(4, 4, channels, 16);

        PngSamples read = PngReader.Read(Pngs.WithChunk(PngWriter.Write(written), "PLTE", [1, 2, 3, 4, 5, 6]), s_limits);

        Assert.Equal(written.Samples, read.Samples);
    }

    [Theory]
    [InlineData(1, "PLTE")]
    [InlineData(2, "PLTE")]
    [InlineData(3, "PLTX")]
    public void Is_rejected_with_a_chunk_that_must_be_understood_and_is_not(int channels, string name) =>
        Assert.Contains("critical chunk", Rejection(Pngs.WithChunk(PngWriter.Write(Noise(4, 4, channels, 16)), name, [1, 2, 3])), StringComparison.Ordinal);

    [Theory]
    [InlineData("tIME", true)]
    [InlineData("PLTE", false)]
    public void Is_read_with_a_wrong_checksum_of_a_chunk_that_need_not_be_understood(string name, bool isRead)
    {
        byte[] png = Pngs.WithChunk(PngWriter.Write(Noise(4, 4, 3, 16)), name, [7, 8, 9]);
        int contents = png.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(name)) + 4;
        png[contents] ^= 1;

        Assert.Equal(isRead, Record.Exception(() => PngReader.Read(png, s_limits)) is null);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void Is_rejected_when_its_time_is_spent_before_its_rows_are(int rows, bool isSlow)
    {
        byte[] png = PngWriter.Write(Noise(4, rows, 3, 16));
        ImageFault? expected = isSlow ? ImageFault.TooSlow : null;

        Exception? thrown = Record.Exception(() => PngReader.Read(png, new ImageLimits { MaxDecodeTime = TimeSpan.FromSeconds(5) }, new SecondPerReading()));

        Assert.Equal(expected, (thrown as ImageRejectedException)?.Fault);
        Assert.Equal(isSlow, thrown?.Message.Contains("5000 ms", StringComparison.Ordinal) ?? false);
    }

    private static string Rejection(byte[] png) =>
        Assert.Throws<ImageRejectedException>(() => PngReader.Read(Pngs.Mended([.. png]), s_limits)).Message;

    private static byte[] StoredFilters(byte[] png, int rowBytes)
    {
        using var zlib = new System.IO.Compression.ZLibStream(
            new MemoryStream(Pngs.Chunk(png, "IDAT")), System.IO.Compression.CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        return [.. rows.ToArray().Where((_, at) => at % (rowBytes + 1) == 0)];
    }

    private static PngSamples Noise(int width, int height, int channels, int depth)
    {
        var random = new Random(depth + channels);
        ushort[] samples = [.. Enumerable.Range(0, width * height * channels).Select(_ => (ushort)random.Next(1 << depth))];
        return new PngSamples(width, height, channels, depth, samples);
    }

    /// <summary>A clock that moves by a second whenever it is looked at.</summary>
    private sealed class SecondPerReading : TimeProvider
    {
        private long _readings;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => ++_readings;
    }
}
