using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Requests.Addresses;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Classification;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification;

/// <summary><c>POST /api/v1/models/{model}/classify</c>: what is in an image.</summary>
internal sealed class ServedClassification(PayloadReader reader, RequestLimits limits, ImageFetch fetch) : IServedTask
{
    private readonly IReadOnlyList<string> _types = fetch.IsOn ? [.. Types, AcceptHeader.Json] : Types;

    public IModelTask Task { get; } = new ClassificationTask();

    public string Path => "classify";

    public TaskText Text { get; } = new(
        "Classification",
        "Classifies one image, or several.",
        "Send an image as the body, several as parts named image of a multipart form, or normalised tensors. "
            + "Each image is solved on its own. Parameters go into the query or into fields of the form. A small residual does not prove the prediction right. "
            + "With Accept: text/event-stream the solve can be watched: iterate events, then one result or problem event.");

    /// <summary>The types of bodies that are taken, JSON aside, which is where addresses are.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. PayloadReader.ImageTypes, PayloadReader.Multipart, PayloadReader.Tensor];

    public IReadOnlyList<SolveParameter> Parameters => SolveParameter.All;

    public IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedMultipart, ProblemKinds.TensorShape, ProblemKinds.TooManyImages, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage,
        ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow, ProblemKinds.NonFiniteTensor,
        ProblemKinds.ImageAddressRefused, ProblemKinds.ImageNotFetched,
    ];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, AcceptHeader.EventStream];

    public Func<object, LabelVote>? VoteOf { get; } = result =>
        ((TopPredictions)result).Predictions[0] is var best ? new LabelVote(best.Index, best.Probability) : default;

    public ITensorTask Tensors { get; } = new ClassifierTensors();

    public Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        reader.ReadAsync(request, share, _types, Missing, async (body, name, type) => name switch
        {
            PayloadReader.Multipart => await ReadFormAsync(body, type, model),
            PayloadReader.Tensor => await new TensorPayload(body, limits, model.Manifest.Input).ReadAsync() is { } tensors ? InputOf(tensors, [], model) : null,
            AcceptHeader.Json => await ReadAddressAsync(body, model),
            _ => await body.ReadAsync() is { } bytes ? await PrepareAsync([new EncodedImage(bytes, model.Manifest.Input, limits, body.Share.Quota)], [], body, model) : null,
        });

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        (string name, string version) = (model.Manifest.Name, model.Manifest.Version);
        ImageResult[] results = [.. parts.Select(part => new ImageResult(((TopPredictions)part.Result).Predictions, part.Report))];
        return new TaskAnswer(results is [var only]
            ? new ClassificationAnswer(name, version, model.Sha256, only.Predictions, only.Solve)
            : new ClassificationAnswers(name, version, model.Sha256, results));
    }

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => ClassificationDocumentation.Describe(operation, context, fetch.IsOn);

    private async Task<TaskInput?> ReadFormAsync(RequestBody body, Microsoft.Net.Http.Headers.MediaTypeHeaderValue type, ServedModel model)
    {
        MultipartForm form = await new MultipartPayload(body, limits).ReadAsync(type);
        return await PrepareAsync([.. form.Files.Select(file => new EncodedImage(file.Bytes, model.Manifest.Input, limits, body.Share.Quota))], form.Fields, body, model);
    }

    private async Task<TaskInput?> ReadAddressAsync(RequestBody body, ServedModel model)
    {
        if (await body.ReadAsync() is not { } json)
        {
            return null;
        }

        var payload = AddressPayload.Read(json);
        return await fetch.FetchAsync(payload.ImageUrl, body) is { } bytes
            ? await PrepareAsync([new EncodedImage(bytes, model.Manifest.Input, limits, body.Share.Quota)], payload.Fields, body, model)
            : null;
    }

    private async Task<TaskInput?> PrepareAsync(
        IReadOnlyList<EncodedImage> images, IReadOnlyList<KeyValuePair<string, string>> fields, RequestBody body, ServedModel model) =>
        await reader.PrepareAsync(images, body) ? InputOf([.. images.Select(image => (WriteInput)image.Write)], fields, model) : null;

    private static TaskInput InputOf(IReadOnlyList<WriteInput> images, IReadOnlyList<KeyValuePair<string, string>> fields, ServedModel model) =>
        new((grant, _) => [.. images.Select((image, place) => PartOf(image, place, model.Manifest.Labels, grant.Top))], fields);

    private static SolvePart PartOf(WriteInput image, int place, IReadOnlyList<string> labels, int top) => new()
    {
        Input = image,
        Output = logits => TopPredictions.Of(logits, labels, top),
        IsSame = (one, other) => TopPredictions.AreSame((TopPredictions?)one, (TopPredictions?)other),
        Event = report => new IterateEvent(
            place, report.Evaluations, double.IsFinite(report.Residual) ? report.Residual : null, ((TopPredictions?)report.Result)?.Predictions ?? []),
    };

    private ProblemException Missing() => new(
        ProblemKinds.MissingBody,
        $"The body is empty; it must be an image, a multipart form with '{MultipartPayload.ImageField}', or a tensor: {string.Join(", ", _types)}.");
}

internal static class ClassificationServing
{
    public static void AddClassification(this WebApplicationBuilder builder) => builder.Services.AddSingleton<IServedTask, ServedClassification>();
}
