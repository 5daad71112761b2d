using System.Numerics.Tensors;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;

namespace Deq.Api.Tasks.Latent;

/// <summary>An image and which of its pixels are missing, decoded when the engine takes them up.</summary>
internal sealed class LatentPayload
{
    public const string ImagePart = "image";
    public const string MaskPart = "mask";

    /// <summary>From which grey on a pixel of a mask is missing, of 1.</summary>
    private const float LeastWhite = 0.5f;

    private readonly EncodedImage _image;
    private readonly EncodedImage? _mask;
    private readonly ChannelScale _scale;

    private LatentPayload(EncodedImage image, EncodedImage? mask, IReadOnlyList<KeyValuePair<string, string>> fields, ImageInput input)
    {
        (_image, _mask, Fields) = (image, mask, fields);
        _scale = new ChannelScale(input.Mean, input.Deviation);
        Target = new float[input.Channels * input.Height * input.Width];
        Known = new float[Target.Length];
    }

    /// <summary>The parts that bring files.</summary>
    public static IReadOnlyList<string> Parts { get; } = [ImagePart, MaskPart];

    /// <summary>The types of bodies that are taken.</summary>
    public static IReadOnlyList<string> Types { get; } = [PayloadReader.Multipart, .. PayloadReader.ImageTypes];

    /// <summary>The fields of the form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>The image as the decoder gives it; filled by <see cref="Write"/>.</summary>
    public float[] Target { get; }

    /// <summary>1 where a number is known, 0 where it is missing; filled by <see cref="Write"/>.</summary>
    public float[] Known { get; }

    /// <summary>Reads a body; null where it ended early.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit.</exception>
    public static Task<LatentPayload?> ReadAsync(HttpRequest request, PayloadReader reader, HeldBodies.Share share, ServedModel model, RequestLimits limits) =>
        reader.ReadAsync(request, share, Types, () => Missing("The body is empty."), async (body, name, type) =>
        {
            ImageInput input = model.Manifest.Input;
            LatentPayload? payload = null;
            if (name == PayloadReader.Multipart)
            {
                var seen = new HashSet<string>(StringComparer.Ordinal);
                var form = new MultipartForm(
                    body, limits, Parts, part => Parts.Contains(part) && (seen.Add(part) ? true : throw MultipartForm.Malformed($"{part} comes more than once.")));
                await form.ReadAsync(type);
                payload = new LatentPayload(Part(ImagePart) ?? throw Missing("The form has no part named 'image', or it is empty."), Part(MaskPart), form.Fields, input);

                EncodedImage? Part(string part) => form.Files.FirstOrDefault(file => file.Name == part).Bytes is { Length: > 0 } bytes ? new EncodedImage(bytes, input, limits, body.Share.Quota) : null;
            }
            else if (await body.ReadFileAsync() is { } bytes)
            {
                payload = new LatentPayload(new EncodedImage(bytes, input, limits, body.Share.Quota), null, [], input);
            }

            return payload is not null && await reader.PrepareAsync(payload.Images(), body) ? payload : null;
        });

    /// <summary>Decodes and states the problem. Runs on an engine thread.</summary>
    /// <exception cref="ProblemException">An image cannot be read, or nothing of it is known.</exception>
    public void Write(Span<float> problem)
    {
        _image.Write(Target);
        Array.Fill(Known, 1);
        if (_mask is not null)
        {
            _mask.Write(Known);
            _scale.Leave(Known);
            for (int i = 0; i < Known.Length; i++)
            {
                Known[i] = Known[i] < LeastWhite ? 1 : 0;
            }
        }

        if (TensorPrimitives.Sum<float>(Known) == 0)
        {
            throw new ProblemException(ProblemKinds.InvalidInput, "The mask is white everywhere, so no pixel is left to reconstruct from.");
        }

        LeastSquares.Write(Target, Known, [], problem);
    }

    /// <summary>Root mean square of the differences to the known pixels, grey levels of 255.</summary>
    /// <param name="output">The decoder's.</param>
    public double MisfitOf(ReadOnlySpan<float> output)
    {
        double squares = 0;
        float[] values = Values(output);
        float[] wanted = Values(Target);
        for (int i = 0; i < values.Length; i++)
        {
            squares += Known[i] * (values[i] - wanted[i]) * (values[i] - wanted[i]);
        }

        return 255 * Math.Sqrt(squares / TensorPrimitives.Sum<float>(Known));
    }

    /// <summary>A decoder's output in values from 0 to 1.</summary>
    public float[] Values(ReadOnlySpan<float> output)
    {
        float[] values = output.ToArray();
        _scale.Leave(values);
        return values;
    }

    private static ProblemException Missing(string what) => new(
        ProblemKinds.MissingBody, $"{what} An image comes as the body or as the part image of a multipart form; a mask may come beside it.");

    private EncodedImage[] Images() => _mask is null ? [_image] : [_image, _mask];
}
