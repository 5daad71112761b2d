using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Requests.Addresses;
using Deq.Runtime.Scheduling.Queue;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Tasks.Classification;

/// <summary>The images that a request brings, not decoded yet.</summary>
/// <param name="Images">Each fills the encoder's input; at least one.</param>
/// <param name="Fields">Parameters beside them.</param>
internal sealed record BroughtImages(IReadOnlyList<WriteInput> Images, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>Reads the images of requests: bodies, parts of forms, normalised tensors, and addresses where they are allowed.</summary>
internal sealed class ImageBodies(PayloadReader reader, RequestLimits limits, ImageFetch fetch)
{
    private readonly IReadOnlyList<string> _types = fetch.IsOn ? [.. Types, AcceptHeader.Json] : Types;

    /// <summary>The types of bodies that are taken, JSON aside, which is where addresses are.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. PayloadReader.ImageTypes, PayloadReader.Multipart, PayloadReader.Tensor];

    /// <summary>The problems that images can have.</summary>
    public static IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedMultipart, ProblemKinds.TensorShape, ProblemKinds.TooManyImages, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage,
        ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow, ProblemKinds.NonFiniteTensor,
        ProblemKinds.ImageAddressRefused, ProblemKinds.ImageNotFetched,
    ];

    /// <summary>Whether addresses are taken.</summary>
    public bool TakesAddresses => fetch.IsOn;

    /// <summary>The same with fewer images in a request.</summary>
    /// <param name="images">At least 1.</param>
    public ImageBodies AtMost(int images) => new(reader, limits with { Images = images }, fetch);

    /// <summary>Reads a body without decoding it; null where it ended early.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit.</exception>
    public Task<BroughtImages?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        reader.ReadAsync(request, share, _types, Missing, async (body, name, type) => name switch
        {
            PayloadReader.Multipart => await ReadFormAsync(body, type, model),
            PayloadReader.Tensor => await new TensorPayload(body, limits, model.Manifest.Input).ReadAsync() is { } tensors ? new BroughtImages(tensors, []) : null,
            AcceptHeader.Json => await ReadAddressAsync(body, model),
            _ => await body.ReadFileAsync() is { } bytes ? await PrepareAsync([new EncodedImage(bytes, model.Manifest.Input, limits, body.Share.Quota)], [], body) : null,
        });

    private async Task<BroughtImages?> ReadFormAsync(RequestBody body, MediaTypeHeaderValue type, ServedModel model)
    {
        MultipartForm form = await new MultipartPayload(body, limits).ReadAsync(type);
        return await PrepareAsync([.. form.Files.Select(file => new EncodedImage(file.Bytes, model.Manifest.Input, limits, body.Share.Quota))], form.Fields, body);
    }

    private async Task<BroughtImages?> ReadAddressAsync(RequestBody body, ServedModel model)
    {
        if (await body.ReadAsync() is not { } json)
        {
            return null;
        }

        // What can be refused without the image is refused before another server is asked for it.
        var payload = AddressPayload.Read(json);
        body.Request.HttpContext.Features.Get<FieldCheck>()?.Check(payload.Fields);
        return await fetch.FetchAsync(payload.ImageUrl, body) is { } bytes
            ? await PrepareAsync([new EncodedImage(bytes, model.Manifest.Input, limits with { BodyBytes = fetch.MostBytes }, body.Share.Quota)], payload.Fields, body)
            : null;
    }

    private async Task<BroughtImages?> PrepareAsync(IReadOnlyList<EncodedImage> images, IReadOnlyList<KeyValuePair<string, string>> fields, RequestBody body) =>
        await reader.PrepareAsync(images, body) ? new BroughtImages([.. images.Select(image => (WriteInput)image.Write)], fields) : null;

    private ProblemException Missing() => new(
        ProblemKinds.MissingBody,
        $"The body is empty; it must be an image, a multipart form with '{MultipartPayload.ImageField}', or a tensor: {string.Join(", ", _types)}.");
}
