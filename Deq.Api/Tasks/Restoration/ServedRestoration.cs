using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Restoration;

/// <summary><c>POST /api/v1/models/{model}/restore</c>: a damaged picture in, the restored one out.</summary>
internal sealed class ServedRestoration(PayloadReader reader, RequestLimits limits, DecodingThreads decoding) : IServedTask
{
    public const string Png = "image/png";

    public IModelTask Task { get; } = new RestorationTask();

    public string Path => "restore";

    public TaskText Text { get; } = new(
        "Restoration",
        "Restores a picture: removes noise, fills gaps, sharpens a known blur, enlarges.",
        "Send a picture as the part image of a multipart form. A mask (white is missing), a kernel (how a bright point spreads, as a picture or rows of numbers) or a factor "
            + "says what else was done to it. Accept decides whether a report comes back, the picture, or events while it is being restored. "
            + "A small residual says that the model's equation was solved, not that the picture is right.");

    public IReadOnlyList<SolveParameter> Parameters => RestorationParameters.All;

    public IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedMultipart, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow,
        ProblemKinds.InvalidInput,
    ];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, Png, AcceptHeader.EventStream];

    public bool Computes => true;

    public async Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share)
    {
        RestorationPayload payload = await RestorationPayload.ReadAsync(request, reader, share, limits, decoding, AcceptHeader.Best(request, MediaTypes));
        return new TaskInput(
            (grant, mediaType) =>
            {
                var solves = new RestorationSolves(model, payload, grant, mediaType);
                solves.Hold(share, keepsStates: false);
                return solves.Parts();
            },
            payload.Fields);
    }

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType) =>
        ((RestorationSolves)parts[0].Subject!).Answer(parts, mediaType);

    public HttpContent? FirstCall(ModelManifest manifest) => SampleContent.Form((RestorationPayload.ImagePart, "ankle-boot.png"));

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => RestorationDocumentation.Describe(operation, context);
}

internal static class RestorationServing
{
    public static void AddRestoration(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IServedTask, ServedRestoration>();
        builder.Services.AddSingleton<IStreamedTask, RestorationStream>();
    }
}
