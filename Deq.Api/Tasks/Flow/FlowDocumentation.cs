using System.Text.Json;
using Deq.Api.Documentation;
using Deq.Api.Solving;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Flow;

/// <summary>Describes frames, formats and headers of flow in the API document.</summary>
internal static class FlowDocumentation
{
    private static readonly FlowAnswer s_example = new(
        "flow",
        "1.0.0",
        TaskDocumentation.Sha256,
        new FlowStatistics(320, 240, MeanMagnitude: 2.41, MaxMagnitude: 9.87, new FlowDirection(Degrees: 12.5, Share: 0.71)),
        SolveReport.Example with
        {
            Evaluations = 9,
            Residual = 0.026,
            Tolerance = 0.03,
            Budget = new BudgetReport(MaxEvaluations: 24, DeadlineMs: 30_000, Tolerance: 0.03, UntilStable: null),
            Clamped = [],
            Spent = new SpentReport(Evaluations: 9, Ms: 412.5),
            SpentMs = 412.5,
            QueueMs = 0.4,
            Batch = new BatchReport(Smallest: 1, Largest: 1, Mean: 1),
            Parts = new Dictionary<string, double>(StringComparer.Ordinal) { ["flowPixels"] = 0.026, ["hiddenChange"] = 0.008 },
        });

    private static readonly FrameAnswer s_firstFrame = new()
    {
        Stream = "q2…",
        Index = 0,
        Width = 320,
        Height = 240,
        Flow = null,
        Warm = false,
        Start = null,
        ColdReason = ColdReasons.First,
        Tried = [],
        Residuals = [],
        Solve = null,
    };

    public static void Describe(OpenApiOperation operation, OperationFilterContext context)
    {
        OpenApiSchema form = TaskDocumentation.Form(
            FramesPayload.Fields.Select(field => (field, (IOpenApiSchema)TaskDocumentation.Binary("PNG, JPEG or WebP."))), SolveParameter.OfSolves);
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "Two frames of the same size.",
            Content = FramesPayload.Types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = form }, StringComparer.Ordinal),
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The flow, or numbers about it, as Accept asks. A solve that ran out of its budget is an answer too: converged is false.",
            Headers = TaskDocumentation.Headers(SolveHeaders.Of(s_example, 9.87)),
            Content = Contents(s_example, context),
        };
    }

    /// <summary>What frames of streams are answered with.</summary>
    public static Dictionary<string, OpenApiMediaType> FrameContents(OperationFilterContext context)
    {
        Dictionary<string, OpenApiMediaType> contents = Contents(s_firstFrame, context);
        context.SchemaRepository.Choose<FrameAnswer>("start", StreamedPair.Starts);
        context.SchemaRepository.Choose<FrameAnswer>("coldReason", ColdReasons.All);
        return contents;
    }

    private static Dictionary<string, OpenApiMediaType> Contents<T>(T example, OperationFilterContext context) =>
        FlowFormat.All.ToDictionary(format => format.Type, format => format == FlowFormat.Json
            ? new OpenApiMediaType
            {
                Schema = context.SchemaGenerator.GenerateSchema(typeof(T), context.SchemaRepository),
                Example = JsonSerializer.SerializeToNode(example, JsonSerializerOptions.Web),
            }
            : new OpenApiMediaType { Schema = TaskDocumentation.Binary(format.Description) }, StringComparer.Ordinal);
}
