using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Tasks.Classification;

/// <summary>A body of little-endian single-precision numbers, already resized and normalised, with its shape in a header.</summary>
internal sealed class TensorPayload(RequestBody body, RequestLimits limits, ImageInput input)
{
    public const string ShapeHeader = "X-Tensor-Shape";

    private readonly int _numbers = input.Channels * input.Height * input.Width;

    /// <summary>The images; null when the body ended early.</summary>
    public async Task<IReadOnlyList<WriteInput>?> ReadAsync()
    {
        int images = CountImages();
        long expected = (long)images * _numbers * sizeof(float);
        if (expected > limits.BodyBytes)
        {
            throw body.TooLarge();
        }

        if (await body.ReadAsync() is not { } bytes)
        {
            return null;
        }

        if (bytes.Length != expected)
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"The body has {bytes.Length} bytes; the shape needs {expected}, 4 per number.");
        }

        return [.. Enumerable.Range(0, images).Select(image => Slice(bytes, image))];
    }

    private int CountImages()
    {
        string text = body.Request.Headers[ShapeHeader].ToString();
        int[] expected = [input.Channels, input.Height, input.Width];
        int[] shape = [.. text.Split(',').Take(5).Select(ParseDimension)];
        if (shape.Length is not (3 or 4) || shape[0] < 1 || !shape.TakeLast(3).SequenceEqual(expected))
        {
            string given = text.Length == 0 ? "missing" : $"'{text.Shorten()}'";
            string wanted = string.Join(',', expected);
            throw new ProblemException(ProblemKinds.TensorShape, $"{ShapeHeader} is {given}; this model needs {wanted}, or B,{wanted} for B images.")
                .With("expected", expected);
        }

        int images = shape.Length == 4 ? shape[0] : 1;
        return images <= limits.Images ? images : throw MultipartPayload.TooManyImages(limits);
    }

    private static int ParseDimension(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int dimension) ? dimension : -1;

    private WriteInput Slice(byte[] bytes, int image) => numbers => Tensor.Read(bytes.AsSpan(image * _numbers * sizeof(float)), numbers);
}
