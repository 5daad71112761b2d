using Deq.Api.Problems;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>Reads the bodies of requests within the server's limits, and decodes the images that are too large for the engine's threads.</summary>
internal sealed class PayloadReader(RequestLimits limits, DecodingThreads decoding)
{
    public const string Multipart = "multipart/form-data";

    public const string Tensor = "application/octet-stream";

    /// <summary>Image types by which a body may be announced; what it holds is found by looking at its bytes.</summary>
    public static IReadOnlyList<string> ImageTypes { get; } = ["image/png", "image/jpeg", "image/webp"];

    /// <summary>Older names of the same types, which some clients still send.</summary>
    private static readonly string[] s_formerImageTypes = ["image/jpg", "image/pjpeg", "image/x-png", "image/apng", "image/x-webp"];

    /// <summary>Whether a type, in lower case, announces an image that is decoded.</summary>
    public static bool IsImage(string? type) => ImageTypes.Contains(type) || s_formerImageTypes.Contains(type);

    /// <summary>
    /// Decodes the images that are too large for the engine's threads. False when the client has left. What is wrong with an image comes to light when the
    /// engine takes it up.
    /// </summary>
    /// <param name="images">Those that a body brought.</param>
    /// <param name="body">The body.</param>
    /// <exception cref="ProblemException">The deadline passes first, too much of the client's waits, or there is no memory.</exception>
    public async Task<bool> PrepareAsync(IReadOnlyList<EncodedImage> images, RequestBody body)
    {
        try
        {
            await Task.WhenAll(images.Where(image => image.IsLarge).Select(image => image.PrepareAsync(decoding, body.Share, body.Deadline.Token)));
            return true;
        }
        catch (OperationCanceledException)
        {
            return body.Deadline.HasPassed ? throw body.Deadline.Undecoded() : false;
        }
    }

    /// <summary>Reads a body of one of some types.</summary>
    /// <param name="request">Its body has not been touched.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="types">What is taken; none: any type, or none.</param>
    /// <param name="missing">Made when there is no body; null: a body may be empty or absent.</param>
    /// <param name="read">Reads the body, given the type's name and parameters.</param>
    /// <param name="most">The most bytes. Default null: as the limits say.</param>
    /// <param name="deadlineMs">See <see cref="BodyDeadline.Begin"/>.</param>
    /// <exception cref="ProblemException">The body is missing, of another type or passes a limit; or what <paramref name="read"/> throws.</exception>
    public async Task<T> ReadAsync<T>(
        HttpRequest request,
        HeldBodies.Share share,
        IReadOnlyList<string> types,
        Func<ProblemException>? missing,
        Func<RequestBody, string, MediaTypeHeaderValue, Task<T>> read,
        int? most = null,
        int? deadlineMs = null)
    {
        using var deadline = BodyDeadline.Begin(request.HttpContext, deadlineMs);
        var body = new RequestBody(request, most ?? limits.BodyBytes, share, missing, deadline);
        MediaTypeHeaderValue? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed) ? parsed : null;
        string name = type?.MediaType.Value?.ToLowerInvariant() ?? "";
        if (missing is not null && name.Length == 0 && body.IsKnownEmpty)
        {
            throw missing();
        }

        if (types.Count > 0 && !types.Contains(name) && !(types.Contains(ImageTypes[0]) && IsImage(name)))
        {
            throw new ProblemException(
                ProblemKinds.UnsupportedMediaType,
                $"Content-Type is {(name.Length == 0 ? "missing" : $"'{name}'")}; accepted are {string.Join(", ", types)}.")
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
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.Undecoded();
        }
    }
}

/// <summary>The body of one request, read within its limit.</summary>
/// <param name="request">What brings it.</param>
/// <param name="most">The most bytes.</param>
/// <param name="share">Accounts for the memory.</param>
/// <param name="missing">Made when it is empty; null: it may be.</param>
/// <param name="deadline">Until when it must have come.</param>
internal sealed class RequestBody(HttpRequest request, int most, HeldBodies.Share share, Func<ProblemException>? missing, BodyDeadline deadline)
{
    /// <summary>What the web server takes beyond a body that is not announced: the framing of its chunks, and so much of one that is refused that a client which sends before it reads gets to the problem.</summary>
    private const long BytesBeyond = 16 << 20;

    public HttpRequest Request => request;

    public HeldBodies.Share Share => share;

    public BodyDeadline Deadline => deadline;

    public bool IsKnownEmpty =>
        request.ContentLength is 0 || (request.ContentLength is null && !request.Headers.ContainsKey(HeaderNames.TransferEncoding));

    /// <summary>Refuses a length that is announced and too large or finds no room, and sets how much the web server takes of one that is not announced.</summary>
    public void Limit()
    {
        if (request.ContentLength > most)
        {
            throw TooLarge();
        }

        share.Announce(request.ContentLength ?? 0);

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // The web server counts the framing of chunks too; the readers compare what is left with the limit itself.
            feature.MaxRequestBodySize = most + (most / 8) + BytesBeyond;
        }
    }

    /// <summary>Everything, at least one byte; null when it ended early.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        using var bytes = new ArrivedBytes(request.ContentLength, share);
        return await IsWholeAsync(bytes) ? bytes.ToArray() : null;
    }

    /// <summary>Everything, at least one byte, until the share is disposed; null when it ended early.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadFileAsync()
    {
        using var bytes = new ArrivedBytes(request.ContentLength, share);
        return await IsWholeAsync(bytes) ? bytes.ToMemory() : default(ReadOnlyMemory<byte>?);
    }

    /// <summary>The body as a stream, which throws <see cref="TooLarge"/> beyond the limit, whatever its parts have alone.</summary>
    public Stream AsStream() => new HandedOverStream(request.BodyReader, share, most, TooLarge);

    /// <summary>Everything of a part of the body, until the share is disposed.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int mostOfPart, Func<ProblemException> passed)
    {
        using var bytes = new ArrivedBytes(announced: null, share);
        try
        {
            await BoundedReading.ReadAsync(stream, bytes, mostOfPart, passed, deadline.Token);
            return bytes.ToMemory();
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.Late();
        }
    }

    public ProblemException TooLarge() =>
        new ProblemException(ProblemKinds.BodyTooLarge, $"A body has at most {most} bytes.").WithLimit(most);

    private async Task<bool> IsWholeAsync(ArrivedBytes bytes)
    {
        bool isWhole = await BoundedReading.ReadAsync(request.BodyReader, bytes, most, share, TooLarge, deadline);
        return isWhole && bytes.Length == 0 && missing is not null ? throw missing() : isWhole;
    }
}
