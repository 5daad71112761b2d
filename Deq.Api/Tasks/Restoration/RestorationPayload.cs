using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>What a request to restore brings, decoded.</summary>
internal sealed record RestorationPayload
{
    public const string ImagePart = "image";
    public const string MaskPart = "mask";
    public const string KernelPart = "kernel";
    public const string ReferencePart = "reference";

    /// <summary>Bytes of a kernel as JSON: of the most numbers 64 each, enough for any number on an indented line. What is parsed takes several times as much memory.</summary>
    private const int MostKernelBytes = 64 * BlurKernel.MostSize * BlurKernel.MostSize;

    /// <summary>From which grey on a pixel of a mask is missing, of 1.</summary>
    private const float LeastWhite = 128 / 255f;

    /// <summary>The parts that bring files.</summary>
    public static IReadOnlyList<string> Parts { get; } = [ImagePart, MaskPart, KernelPart, ReferencePart];

    /// <summary>The types of bodies that are taken.</summary>
    public static IReadOnlyList<string> Types { get; } = [PayloadReader.Multipart];

    /// <summary>The picture.</summary>
    public required PicturePlanes Picture { get; init; }

    /// <summary>Standard deviation of the picture's noise by estimate, grey levels; null where too few known pixels lie side by side.</summary>
    public required double? Noise { get; init; }

    /// <summary>Whether each pixel was measured; null without a mask.</summary>
    public required bool[]? Known { get; init; }

    /// <summary>How a bright point spreads; null for none.</summary>
    public required BlurKernel? Kernel { get; init; }

    /// <summary>What the answer is compared with; null for nothing.</summary>
    public required PicturePlanes? Reference { get; init; }

    /// <summary>Bytes for the answer, and for states that are kept, that the request's share holds already.</summary>
    public required long Reserved { get; init; }

    /// <summary>The fields of the form.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; }

    /// <summary>A picture alone.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="reserved">See <see cref="Reserved"/>.</param>
    public static RestorationPayload Of(PicturePlanes picture, long reserved) => new()
    {
        Picture = picture,
        Noise = NoiseOf(picture, known: null),
        Known = null,
        Kernel = null,
        Reference = null,
        Reserved = reserved,
        Fields = [],
    };

    /// <summary>Reads the body and decodes what it brings, on a thread for that; with the picture its answer, of that media type, is counted.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit, or a part cannot be used.</exception>
    public static Task<RestorationPayload> ReadAsync(
        HttpRequest request, PayloadReader reader, HeldBodies.Share share, RequestLimits limits, DecodingThreads decoding, string mediaType) =>
        reader.ReadAsync(request, share, Types, () => Missing("The body is empty."), async (body, _, type) =>
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var form = new MultipartForm(
                body, limits, Parts, name => Parts.Contains(name) && (seen.Add(name) ? true : throw MultipartForm.Malformed($"{name} comes more than once.")));
            await form.ReadAsync(type);
            var room = AnswerRoom.Of([.. SolveRequest.QueryOf(request), .. form.Fields], mediaType);
            return await decoding.RunAsync(share.Client, () => Decode(form, share, limits, room), body.Deadline.Token);
        });

    private static RestorationPayload Decode(MultipartForm form, HeldBodies.Share share, RequestLimits limits, AnswerRoom room)
    {
        long reserved = 0;
        PicturePlanes picture = Decode(form, ImagePart, limits, (pixels, planes) => reserved = room.Take(share, pixels, planes, keepsStates: false))
            ?? throw Missing(form.Files.Any(file => file.Name == ImagePart) ? "image is empty." : "The form has no part named 'image'.");
        bool[]? known = Decode(form, MaskPart, share, limits) is { } mask ? KnownOf(mask, picture) : null;
        return new RestorationPayload
        {
            Picture = picture,
            Noise = NoiseOf(picture, known),
            Known = known,
            Kernel = KernelOf(form, share, limits),
            Reference = Decode(form, ReferencePart, share, limits),
            Reserved = reserved,
            Fields = form.Fields,
        };
    }

    private static double? NoiseOf(PicturePlanes picture, bool[]? known) => 255 * NoiseEstimate.Of(picture.Planes[0], picture.Width, known) / picture.NoiseShares[0];

    private static bool[] KnownOf(PicturePlanes mask, PicturePlanes picture)
    {
        if ((mask.Width, mask.Height) != (picture.Width, picture.Height))
        {
            throw Invalid($"The mask has {mask.Width} x {mask.Height} pixels; the image has {picture.Width} x {picture.Height}.");
        }

        bool[] known = [.. mask.Luminance().Select(grey => grey < LeastWhite)];
        return known.Contains(true) ? known : throw Invalid("The mask is white everywhere, so no pixel is left to restore from.");
    }

    private static BlurKernel? KernelOf(MultipartForm form, HeldBodies.Share share, RequestLimits limits)
    {
        ReadOnlyMemory<byte> bytes = form.Files.FirstOrDefault(file => file.Name == KernelPart).Bytes;
        if (bytes.Length == 0)
        {
            return null;
        }

        (float[] weights, int height, int width) = ClientJson.WithoutMark(bytes.Span).TrimStart(" \t\r\n"u8) is [(byte)'[', ..] ? Numbers(bytes.Span) : Weights(form, share, limits);
        return BlurKernel.Of(weights, height, width, out string? refusal) ?? throw Invalid(refusal!);
    }

    private static (float[] Weights, int Height, int Width) Weights(MultipartForm form, HeldBodies.Share share, RequestLimits limits)
    {
        PicturePlanes image = Decode(form, KernelPart, share, limits)!;
        return image.Width > BlurKernel.MostSize || image.Height > BlurKernel.MostSize
            ? throw Invalid($"The kernel has {image.Width} x {image.Height} pixels; the most is {BlurKernel.MostSize} along a side.")
            : (image.Luminance(), image.Height, image.Width);
    }

    private static (float[] Weights, int Height, int Width) Numbers(ReadOnlySpan<byte> json)
    {
        const string Expected = "The kernel is no list of rows of numbers, all of one length";
        if (json.Length > MostKernelBytes)
        {
            throw Invalid($"The kernel has {json.Length} bytes as JSON; the most is {MostKernelBytes}.");
        }

        float[][] rows = ClientJson.Deserialize<float[][]>(json, JsonSerializerOptions.Default, fault => Invalid($"{Expected}: {fault}."));
        return rows is [{ Length: > 0 } first, ..] && Array.TrueForAll(rows, row => row.Length == first.Length)
            ? ([.. rows.SelectMany(row => row)], rows.Length, first.Length)
            : throw Invalid($"{Expected}.");
    }

    private static PicturePlanes? Decode(MultipartForm form, string part, HeldBodies.Share share, RequestLimits limits) => Decode(form, part, limits, (pixels, planes) =>
    {
        share.Quota?.Decoded(pixels);
        share.AddPicture(planes);
    });

    private static PicturePlanes? Decode(MultipartForm form, string part, RequestLimits limits, Action<long, long> before)
    {
        ReadOnlyMemory<byte> bytes = form.Files.FirstOrDefault(file => file.Name == part).Bytes;
        if (bytes.Length == 0)
        {
            return null;
        }

        try
        {
            return PicturePlanes.Decode(bytes, limits.OfImages(), before);
        }
        catch (ImageRejectedException rejected)
        {
            ProblemException problem = EncodedImage.ProblemOf(rejected);
            throw new ProblemException(problem.Kind, $"{part}: {problem.Message}");
        }
    }

    private static ProblemException Invalid(string what) => new(ProblemKinds.InvalidInput, what);

    private static ProblemException Missing(string what) =>
        new(ProblemKinds.MissingBody, $"{what} A picture comes as the part image of a multipart form; mask, kernel and reference may come beside it.");
}
