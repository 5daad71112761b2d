using Deq.Api.Access;
using Deq.Api.Problems;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;

namespace Deq.Api.Requests;

/// <summary>An image as it came: decoded when an engine thread takes it up, or before, on a thread for that, where it is too large.</summary>
internal sealed class EncodedImage(ReadOnlyMemory<byte> bytes, ImageInput input, RequestLimits limits, ClientQuota? quota)
{
    /// <summary>Up to here an image is decoded between two evaluations of others: some 2 ms.</summary>
    private const long MostPixels = 512 * 512;

    private const int MostBytes = 64 << 10;

    private ReadOnlyMemory<byte> _bytes = bytes;
    private float[]? _tensor;
    private ProblemException? _fault;

    /// <summary>Whether it takes longer to decode than an engine thread should be held up, or does not say how large it is.</summary>
    public bool IsLarge { get; } = bytes.Length > MostBytes || ImageSize.PixelsOf(bytes.Span) is not <= MostPixels;

    /// <summary>Decodes it now. What is wrong with it is thrown by <see cref="Write"/>.</summary>
    /// <param name="decoding">Where.</param>
    /// <param name="share">Accounts for what takes the place of the bytes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled before it was begun.</exception>
    /// <exception cref="ProblemException">Too much of the client's waits, or finds no memory.</exception>
    public async Task PrepareAsync(DecodingThreads decoding, HeldBodies.Share share, CancellationToken cancellation)
    {
        float[] tensor = new float[input.Channels * input.Height * input.Width];
        share.Add((long)sizeof(float) * tensor.Length);
        _fault = await decoding.RunAsync(share.Client, () => Read(tensor), cancellation);
        _tensor = tensor;
        _bytes = default;
    }

    /// <summary>Gives the image resized and normalised. Runs on an engine thread.</summary>
    /// <exception cref="ProblemException">The image is of another format, damaged, too large or too slow.</exception>
    public void Write(Span<float> numbers)
    {
        if (_tensor is { } tensor)
        {
            tensor.CopyTo(numbers);
        }
        else
        {
            _fault = Read(numbers);
        }

        if (_fault is not null)
        {
            throw _fault;
        }
    }

    /// <summary>The problem of an image that cannot be decoded.</summary>
    public static ProblemException ProblemOf(ImageRejectedException rejected) => new(KindOf(rejected.Fault), rejected.Message);

    /// <summary>Has an image read.</summary>
    /// <exception cref="ProblemException">It cannot be decoded.</exception>
    public static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ImageRejectedException rejected)
        {
            throw ProblemOf(rejected);
        }
    }

    private ProblemException? Read(Span<float> numbers)
    {
        try
        {
            DecodedImage image = ImageDecoder.Decode(_bytes, limits.OfImages());
            quota?.Decoded((long)image.Width * image.Height);
            ImageTensor.Fill(image, input, numbers);
            return null;
        }
        catch (ImageRejectedException rejected)
        {
            return ProblemOf(rejected);
        }
    }

    private static ProblemKind KindOf(ImageFault fault) => fault switch
    {
        ImageFault.UnknownFormat => ProblemKinds.UnsupportedImage,
        ImageFault.TooLarge => ProblemKinds.ImageTooLarge,
        ImageFault.TooSlow => ProblemKinds.ImageTooSlow,
        _ => ProblemKinds.UnreadableImage,
    };
}
