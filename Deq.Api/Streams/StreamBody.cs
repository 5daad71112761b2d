using Deq.Api.Problems;
using Deq.Api.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Streams;

/// <summary>Reads the bodies of requests to streams.</summary>
internal static class StreamBody
{
    private const long FramingBytes = 64 << 10;

    public static bool IsImage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && PayloadReader.ImageTypes.Contains(type.MediaType.Value?.ToLowerInvariant());

    /// <summary>All of it, at least one byte.</summary>
    /// <param name="request">What brings it.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="most">The most bytes.</param>
    /// <param name="what">What it must be.</param>
    /// <exception cref="ProblemException">It is empty or too large, or finds no memory.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, HeldBodies.Share share, int most, string what)
    {
        if (request.ContentLength > most)
        {
            throw TooLarge();
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // The web server counts the framing of chunks too; what it lets through is held against the limit itself.
            feature.MaxRequestBodySize = most + (most / 8) + FramingBytes;
        }

        try
        {
            byte[] bytes = await BoundedReading.ReadAsync(request.Body, request.ContentLength, most, share, TooLarge, request.HttpContext.RequestAborted);
            return bytes.Length > 0 ? bytes : throw new ProblemException(ProblemKinds.MissingBody, $"The body is empty; it must be {what}.");
        }
        catch (BadHttpRequestException refusal) when (refusal.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge();
        }

        ProblemException TooLarge() => new ProblemException(ProblemKinds.BodyTooLarge, $"A body has at most {most} bytes here.").WithLimit(most);
    }

    public static ProblemException Unsupported(HttpRequest request, IReadOnlyList<string> taken)
    {
        string given = string.IsNullOrEmpty(request.ContentType) ? "missing" : $"'{StreamRequest.Shorten(request.ContentType)}'";
        return new ProblemException(ProblemKinds.UnsupportedMediaType, $"Content-Type is {given}; taken are {string.Join(", ", taken)}.").With("supported", taken);
    }
}
