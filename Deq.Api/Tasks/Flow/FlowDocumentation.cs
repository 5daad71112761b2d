using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Documentation;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Flow;

/// <summary>Describes in the API document what the flow endpoint reads and writes by itself: frames, parameters, formats and headers.</summary>
internal sealed class FlowDocumentation : IOperationFilter
{
    private static readonly FlowAnswer Example = new(
        "flow",
        "1.0.0",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        new FlowStatistics(320, 240, MeanMagnitude: 2.41, MaxMagnitude: 9.87, new FlowDirection(Degrees: 12.5, Share: 0.71)),
        new SolveReport(
            Converged: true,
            Stop: "tolerance",
            Evaluations: 9,
            Residual: 0.026,
            Tolerance: 0.03,
            Solver: "anderson",
            Profile: null,
            Priority: "normal",
            new BudgetReport(MaxEvaluations: 24, DeadlineMs: 30_000, Tolerance: 0.03, UntilStable: null),
            [],
            new SpentReport(Evaluations: 9, Ms: 412.5),
            SpentMs: 412.5,
            QueueMs: 0.4,
            new BatchReport(Smallest: 1, Largest: 1, Mean: 1),
            Warm: false)
        {
            Parts = new ResidualPartsReport(FlowPixels: 0.026, HiddenChange: 0.008),
        });

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != FlowEndpoint.Name)
        {
            return;
        }

        operation.Parameters ??= [];
        foreach (SolveParameter parameter in SolveParameter.OfFlow)
        {
            operation.Parameters.Add(SolveParameterDocumentation.InQuery(parameter));
        }

        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "Two frames of the same size.",
            Content = FramesPayload.Types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = Form() }, StringComparer.Ordinal),
        };
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = "The flow, or numbers about it, as Accept asks. A solve that ran out of its budget is an answer too: converged is false.",
            Headers = SolveHeaders.Of(Example, 9.87).ToDictionary(
                header => header.Name, IOpenApiHeader (header) => Header(header.Value), StringComparer.Ordinal),
            Content = FlowFormat.All.ToDictionary(format => format.Type, format => Answer(format, context), StringComparer.Ordinal),
        };
    }

    private static OpenApiSchema Form()
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (string field in FramesPayload.Fields)
        {
            properties[field] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "PNG, JPEG or WebP." };
        }

        foreach (SolveParameter parameter in SolveParameter.OfFlow)
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = properties,
            Required = new HashSet<string>(FramesPayload.Fields, StringComparer.Ordinal),
        };
    }

    private static OpenApiMediaType Answer(FlowFormat format, OperationFilterContext context) => format == FlowFormat.Json
        ? new OpenApiMediaType
        {
            Schema = context.SchemaGenerator.GenerateSchema(typeof(FlowAnswer), context.SchemaRepository),
            Example = JsonSerializer.SerializeToNode(Example, JsonSerializerOptions.Web),
        }
        : new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = format.Description },
        };

    private static OpenApiHeader Header(string example) => new()
    {
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = JsonValue.Create(example),
    };
}
