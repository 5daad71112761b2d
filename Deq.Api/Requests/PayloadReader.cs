using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Tasks.Classification;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>Reads the body of a request in whichever of the accepted types it comes. Nothing is decoded here.</summary>
internal sealed class PayloadReader(RequestLimits limits)
{
    public const string Multipart = "multipart/form-data";

    public const string Tensor = "application/octet-stream";

    /// <summary>Image types by which a body may be announced; what it holds is found by looking at its bytes.</summary>
    public static IReadOnlyList<string> ImageTypes { get; } = ["image/png", "image/jpeg", "image/webp"];

    public static IReadOnlyList<string> Types { get; } = [.. ImageTypes, Multipart, Tensor];

    /// <summary>What the body brings; null when it ended early.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit.</exception>
    public Task<Payload?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        ReadAsync<Payload?>(request, share, Types, RequestBody.Missing, async (body, name, type) => name switch
        {
            Multipart => await new MultipartPayload(body, limits, model.Manifest.Input).ReadAsync(type),
            Tensor => await new TensorPayload(body, limits, model.Manifest.Input).ReadAsync(),
            _ => await body.ReadAsync(limits.BodyBytes) is { } bytes
                ? new Payload { Images = [new EncodedImage(bytes, model.Manifest.Input, limits).Write] }
                : null,
        });

    /// <summary>Reads a body of one of some types.</summary>
    /// <param name="request">Its body has not been touched.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="types">What is taken.</param>
    /// <param name="missing">Made when there is no body.</param>
    /// <param name="read">Reads the body, given the type's name and parameters.</param>
    /// <exception cref="ProblemException">The body is missing, of another type or passes a limit; or what <paramref name="read"/> throws.</exception>
    public async Task<T> ReadAsync<T>(
        HttpRequest request,
        HeldBodies.Share share,
        IReadOnlyList<string> types,
        Func<ProblemException> missing,
        Func<RequestBody, string, MediaTypeHeaderValue, Task<T>> read)
    {
        var body = new RequestBody(request, limits, share);
        MediaTypeHeaderValue? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed) ? parsed : null;
        string name = type?.MediaType.Value?.ToLowerInvariant() ?? "";
        if (name.Length == 0 && body.IsKnownEmpty)
        {
            throw missing();
        }

        if (!types.Contains(name))
        {
            throw new ProblemException(
                ProblemKinds.UnsupportedMediaType,
                $"Content-Type is {(name.Length == 0 ? "missing" : $"'{name}'")}; taken are {string.Join(", ", types)}.")
                .With("supported", types);
        }

        body.Limit();
        try
        {
            return await read(body, name, type!);
        }
        catch (BadHttpRequestException refusal) when (refusal.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw body.TooLarge();
        }
    }
}

/// <summary>The body of one request, read within its limits.</summary>
internal sealed class RequestBody(HttpRequest request, RequestLimits limits, HeldBodies.Share share)
{
    private const long FramingBytes = 64 << 10;

    public HttpRequest Request => request;

    public Stream Stream => request.Body;

    public bool IsKnownEmpty =>
        request.ContentLength is 0 || (request.ContentLength is null && !request.Headers.ContainsKey(HeaderNames.TransferEncoding));

    /// <summary>Refuses a length that is announced and too large, and tells the web server how much to take of one that is not announced.</summary>
    public void Limit()
    {
        if (request.ContentLength > limits.BodyBytes)
        {
            throw TooLarge();
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // The web server counts the framing of chunks too; what it lets through, the readers hold against the limit itself.
            feature.MaxRequestBodySize = limits.BodyBytes + (limits.BodyBytes / 8) + FramingBytes;
        }
    }

    /// <summary>Everything, at least one byte; null when it ended early.</summary>
    public async Task<byte[]?> ReadAsync(int most)
    {
        byte[]? bytes = await BoundedReading.ReadAsync(request.BodyReader, request.ContentLength, most, share, TooLarge);
        return bytes is not [] ? bytes : throw Missing();
    }

    /// <summary>Everything of a part of the body.</summary>
    public Task<byte[]> ReadAsync(Stream stream, int most, Func<ProblemException> passed) =>
        BoundedReading.ReadAsync(stream, null, most, share, passed, request.HttpContext.RequestAborted);

    public static ProblemException Missing() =>
        new(
            ProblemKinds.MissingBody,
            $"The body is empty; it must be an image, a multipart form with 'image', or a tensor: {string.Join(", ", PayloadReader.Types)}.");

    public ProblemException TooLarge() =>
        new ProblemException(ProblemKinds.BodyTooLarge, $"A body has at most {limits.BodyBytes} bytes.").WithLimit(limits.BodyBytes);
}
