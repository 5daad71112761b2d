using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Bundles;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Tasks.Classification;

/// <summary>A multipart form with one or more parts named <c>image</c>, and parameters as text fields.</summary>
internal sealed class MultipartPayload(RequestBody body, RequestLimits limits, ImageInput input)
{
    public const string ImageField = "image";

    private int _images;

    public async Task<Payload> ReadAsync(MediaTypeHeaderValue type)
    {
        var form = new MultipartForm(body, limits, IsImage);
        await form.ReadAsync(type);
        for (int image = 0; image < form.Files.Count; image++)
        {
            if (form.Files[image].Bytes.Length == 0)
            {
                throw new ProblemException(ProblemKinds.MissingBody, $"Image {image + 1} is empty.");
            }
        }

        return form.Files.Count > 0
            ? new Payload { Images = [.. form.Files.Select(file => (Runtime.Scheduling.Queue.WriteInput)new EncodedImage(file.Bytes, input, limits).Write)], Fields = form.Fields }
            : throw new ProblemException(ProblemKinds.MissingBody, $"The form has no part named '{ImageField}'.");
    }

    public static ProblemException TooManyImages(RequestLimits limits) =>
        new ProblemException(ProblemKinds.TooManyImages, $"A request has at most {limits.Images} images.").WithLimit(limits.Images);

    private bool IsImage(string name)
    {
        if (name != ImageField)
        {
            return false;
        }

        return ++_images <= limits.Images ? true : throw TooManyImages(limits);
    }
}
