using Deq.Api.Problems;
using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;

namespace Deq.Api.Requests;

/// <summary>An image as it came, decoded when an engine thread takes it up.</summary>
internal sealed class EncodedImage(byte[] bytes, ImageInput input, RequestLimits limits)
{
    /// <summary>Decodes, resizes and normalises. Runs on an engine thread.</summary>
    /// <exception cref="ProblemException">The image is of another format, damaged, too large or too slow.</exception>
    public void Write(Span<float> numbers)
    {
        try
        {
            ImageTensor.Fill(ImageDecoder.Decode(bytes, limits.OfImages()), input, numbers);
        }
        catch (ImageRejectedException rejected)
        {
            throw ProblemOf(rejected);
        }
    }

    /// <summary>What a caller is told of an image that cannot be decoded.</summary>
    public static ProblemException ProblemOf(ImageRejectedException rejected) => new(KindOf(rejected.Fault), rejected.Message);

    private static ProblemKind KindOf(ImageFault fault) => fault switch
    {
        ImageFault.UnknownFormat => ProblemKinds.UnsupportedImage,
        ImageFault.TooLarge => ProblemKinds.ImageTooLarge,
        ImageFault.TooSlow => ProblemKinds.ImageTooSlow,
        _ => ProblemKinds.UnreadableImage,
    };
}
