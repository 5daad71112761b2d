using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Flow;

/// <summary><c>POST /api/v1/models/{model}/flow</c>: what moves where between two frames.</summary>
internal sealed class ServedFlow(PayloadReader reader, RequestLimits limits, DecodingThreads decoding, FlowInputs inputs) : IServedTask
{
    public IModelTask Task { get; } = new FlowTask();

    public string Path => "flow";

    public TaskText Text { get; } = new(
        "Flow",
        "Estimates the motion between two frames.",
        "Send two frames of the same size as parts frame1 and frame2 of a multipart form. Accept decides whether statistics come back or the flow "
            + "itself. Parameters go into the query or into fields of the form. A small residual does not prove the flow right.");

    public IReadOnlyList<SolveParameter> Parameters => SolveParameter.OfSolves;

    public IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedMultipart, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow,
        ProblemKinds.FrameSize,
    ];

    public IReadOnlyList<string> MediaTypes { get; } = [.. FlowFormat.All.Select(format => format.Type)];

    public ITensorTask Tensors { get; } = new FlowTensors(inputs);

    public async Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share)
    {
        FramesPayload payload = await FramesPayload.ReadAsync(request, inputs.Of(model), reader, share, limits, decoding);
        return new TaskInput((_, mediaType) => [PartOf(payload.Frames, model, FlowFormat.Named(mediaType))], payload.Parameters);
    }

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        var motion = (EstimatedMotion)parts[0].Result;
        var answer = new FlowAnswer(model.Manifest.Name, model.Manifest.Version, model.Sha256, motion.Statistics, parts[0].Report);
        double? scale = mediaType == FlowFormat.Colours.Type ? motion.Scale : null;
        return new TaskAnswer(answer) { Body = motion.Body, Headers = [.. SolveHeaders.Of(answer, scale)] };
    }

    public HttpContent? FirstCall(ModelManifest manifest) => SampleContent.Form((FramesPayload.Fields[0], "drawn-1.png"), (FramesPayload.Fields[1], "drawn-2.png"));

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => FlowDocumentation.Describe(operation, context);

    private static SolvePart PartOf(EncodedFrames frames, ServedModel model, FlowFormat format) => new()
    {
        Input = numbers => frames.Write(numbers, isQuick: false),
        QuickInput = frames.IsGuessed ? numbers => frames.Write(numbers, isQuick: true) : null,
        Output = output => EstimatedFlow.Read(output, frames.Width, frames.Height, model.Manifest.Input.Sizes!) is { } flow ? EstimatedMotion.Of(flow, format) : null,
        Shape = frames.Shape,
        Start = frames.Start,
        IsWarm = () => false,
    };
}

internal static class FlowServing
{
    public static void AddFlow(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<FlowInputs>();
        builder.Services.AddSingleton<IServedTask, ServedFlow>();
        builder.Services.AddSingleton<IStreamedTask, FlowStream>();
    }
}
