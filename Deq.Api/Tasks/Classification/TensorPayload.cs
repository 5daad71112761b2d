using System.Buffers.Binary;
using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Tasks.Classification;

/// <summary>A body of little-endian single-precision numbers, already resized and normalised, with its shape in a header.</summary>
internal sealed class TensorPayload(RequestBody body, RequestLimits limits, ImageInput input)
{
    public const string ShapeHeader = "X-Tensor-Shape";

    private readonly int _numbers = input.Channels * input.Height * input.Width;

    /// <summary>The images; null when the body ended early.</summary>
    public async Task<Payload?> ReadAsync()
    {
        int images = CountImages();
        long expected = (long)images * _numbers * sizeof(float);
        if (expected > limits.BodyBytes)
        {
            throw body.TooLarge();
        }

        if (await body.ReadAsync(limits.BodyBytes) is not { } bytes)
        {
            return null;
        }

        if (bytes.Length != expected)
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"The body has {bytes.Length} bytes; the shape needs {expected}, 4 per number.");
        }

        return new Payload { Images = [.. Enumerable.Range(0, images).Select(image => Slice(bytes, image))] };
    }

    private int CountImages()
    {
        string text = body.Request.Headers[ShapeHeader].ToString();
        int[] expected = [input.Channels, input.Height, input.Width];
        int[] shape = [.. text.Split(',').Take(5).Select(ParseDimension)];
        if (shape.Length is not (3 or 4) || shape[0] < 1 || !shape.TakeLast(3).SequenceEqual(expected))
        {
            string given = text.Length == 0 ? "missing" : $"'{(text.Length <= 64 ? text : text[..64] + "…")}'";
            string wanted = string.Join(',', expected);
            throw new ProblemException(ProblemKinds.TensorShape, $"{ShapeHeader} is {given}; this model needs {wanted}, or B,{wanted} for B images.")
                .With("expected", expected);
        }

        int images = shape.Length == 4 ? shape[0] : 1;
        return images <= limits.Images ? images : throw MultipartPayload.TooManyImages(limits);
    }

    private static int ParseDimension(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int dimension) ? dimension : -1;

    private WriteInput Slice(byte[] bytes, int image) => numbers =>
    {
        ReadOnlySpan<byte> source = bytes.AsSpan(image * _numbers * sizeof(float));
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(source[(i * sizeof(float))..]);
            if (!float.IsFinite(numbers[i]))
            {
                throw new ProblemException(ProblemKinds.NonFiniteTensor, $"Number {i} is {numbers[i]}.");
            }
        }
    };
}
