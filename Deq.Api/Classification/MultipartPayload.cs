using System.Text;
using Deq.Api.Errors;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Classification;

/// <summary>A multipart form: one or more parts named <c>image</c>, and parameters as text fields. Never touches a file.</summary>
internal sealed class MultipartPayload(RequestBody body, RequestLimits limits, ImageInput input)
{
    public const string ImageField = "image";

    private const int MostFields = 32;
    private const int MostFieldBytes = 256;
    private const int MostHeaders = 16;
    private const int MostHeaderBytes = 8 << 10;
    private const int MostBoundary = 70;

    private readonly List<WriteInput> _images = [];
    private readonly List<KeyValuePair<string, string>> _fields = [];

    public async Task<Payload> ReadAsync(MediaTypeHeaderValue type)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MostBoundary)
        {
            throw Malformed($"The boundary has {boundary.Length} characters; it must have 1 to {MostBoundary}.");
        }

        var reader = new MultipartReader(boundary, body.Stream) { HeadersCountLimit = MostHeaders, HeadersLengthLimit = MostHeaderBytes };
        try
        {
            while (await reader.ReadNextSectionAsync(body.Request.HttpContext.RequestAborted) is { } section)
            {
                await ReadAsync(section);
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw Malformed(
                $"It ends early or a part is not well formed; a part has at most {MostHeaders} headers and {MostHeaderBytes} bytes of them.");
        }

        return _images.Count > 0
            ? new Payload { Images = _images, Fields = _fields }
            : throw new ProblemException(ProblemKinds.MissingBody, $"The form has no part named '{ImageField}'.");
    }

    public static ProblemException TooManyImages(RequestLimits limits) =>
        new ProblemException(ProblemKinds.TooManyImages, $"A request has at most {limits.Images} images.").WithLimit(limits.Images);

    private async Task ReadAsync(MultipartSection section)
    {
        ContentDispositionHeaderValue disposition = section.GetContentDispositionHeader() ?? throw Malformed("A part has no Content-Disposition.");
        string name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        if (name == ImageField)
        {
            await ReadImageAsync(section);
        }
        else
        {
            await ReadFieldAsync(name, section);
        }
    }

    private async Task ReadImageAsync(MultipartSection section)
    {
        if (_images.Count == limits.Images)
        {
            throw TooManyImages(limits);
        }

        byte[] bytes = await body.ReadAsync(section.Body, limits.BodyBytes, body.TooLarge);
        _images.Add(bytes.Length > 0
            ? new EncodedImage(bytes, input, limits).Write
            : throw new ProblemException(ProblemKinds.MissingBody, $"Image {_images.Count + 1} is empty."));
    }

    private async Task ReadFieldAsync(string name, MultipartSection section)
    {
        if (_fields.Count == MostFields)
        {
            throw Malformed($"A form has at most {MostFields} fields beside its images.");
        }

        byte[] bytes = await body.ReadAsync(section.Body, MostFieldBytes, () => Malformed($"A field has at most {MostFieldBytes} bytes."));
        _fields.Add(KeyValuePair.Create(name, Encoding.UTF8.GetString(bytes)));
    }

    private static ProblemException Malformed(string detail) => new(ProblemKinds.MalformedMultipart, detail);
}
