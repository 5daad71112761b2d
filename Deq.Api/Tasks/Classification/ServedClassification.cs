using System.Numerics.Tensors;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Requests.Addresses;
using Deq.Api.Solving;
using Deq.Api.Tasks.Classification.Probes;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Classification;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification;

/// <summary><c>POST /api/v1/models/{model}/classify</c>: what is in an image.</summary>
internal sealed class ServedClassification(PayloadReader reader, RequestLimits limits, ImageFetch fetch) : IServedTask
{
    /// <summary>The most that an iterate takes beside its predictions, and that each of these takes; labels are the model's.</summary>
    private const long IterateBytes = 256, PredictionBytes = 64;

    private readonly ImageBodies _bodies = new(reader, limits, fetch);

    public IModelTask Task { get; } = new ClassificationTask();

    public string Path => "classify";

    public TaskText Text { get; } = new(
        "Classification",
        "Classifies one image, or several.",
        "Send an image as the body, several as parts named image of a multipart form, or normalised tensors. "
            + "Each image is solved on its own. Parameters go into the query or into fields of the form. A small residual does not prove the prediction right. "
            + "With Accept: text/event-stream the solve can be watched: iterate events, then one result or problem event.");

    public IReadOnlyList<SolveParameter> Parameters => ClassificationParameters.All;

    public IReadOnlyList<ProblemKind> Problems => ImageBodies.Problems;

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, AcceptHeader.EventStream];

    public IReadOnlyList<IServedTask> Further { get; } = [new ServedProbe(new ImageBodies(reader, limits, fetch))];

    public Func<object, LabelVote>? VoteOf { get; } = result =>
        ((TopPredictions)result).Predictions[0] is var best ? new LabelVote(best.Index, best.Probability) : default;

    public ITensorTask Tensors { get; } = new ClassifierTensors();

    public async Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        await _bodies.ReadAsync(request, model, share) is { } brought
            ? new TaskInput((grant, _) => [.. brought.Images.Select((image, place) => PartOf(image, place, model.Manifest.Labels, grant))], brought.Fields)
            : null;

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        (string name, string version) = (model.Manifest.Name, model.Manifest.Version);
        ImageResult[] results = [.. parts.Select(part => ResultOf((TopPredictions)part.Result, part.Report))];
        return new TaskAnswer(results is [var only]
            ? new ClassificationAnswer(name, version, model.Sha256, only.Predictions, only.Solve) { Logits = only.Logits }
            : new ClassificationAnswers(name, version, model.Sha256, results));
    }

    public HttpContent? FirstCall(ModelManifest manifest) => SampleContent.Picture("ankle-boot.png");

    public void Describe(OpenApiOperation operation, OperationFilterContext context) =>
        ClassificationDocumentation.Describe(operation, context, _bodies.TakesAddresses);

    private static ImageResult ResultOf(TopPredictions found, SolveReport report) => new(found.Predictions, report) { Logits = found.Logits };

    private static SolvePart PartOf(WriteInput image, int place, IReadOnlyList<string> labels, SolveGrant grant) => new()
    {
        Input = image,
        Output = ClassificationParameters.WantsLogits(grant)
            ? logits => TensorPrimitives.IsFiniteAll(logits) && TopPredictions.Of(logits, labels, grant.Top) is { } found ? found with { Logits = logits.ToArray() } : null
            : logits => TopPredictions.Of(logits, labels, grant.Top),
        IsSame = (one, other) => TopPredictions.AreSame((TopPredictions?)one, (TopPredictions?)other),
        Events = new PartEvents(IterateBytes + (PredictionBytes * grant.Top), report => new IterateEvent(
            place, report.Evaluations, double.IsFinite(report.Residual) ? report.Residual : null, ((TopPredictions?)report.Result)?.Predictions ?? [])),
    };
}

internal static class ClassificationServing
{
    public static void AddClassification(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IServedTask, ServedClassification>();
        builder.Services.AddSingleton<JointModelOf>(ServedProbe.JointModel);
    }
}
