using System.Text.Json.Nodes;
using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Tasks.Reasoning;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>Describes bodies and answers of reasoning in the API document, with examples.</summary>
internal static class ReasoningDocumentation
{
    private const string Question = "11010010";

    private static readonly ReasoningResult s_result = new()
    {
        Answer = "10011100",
        Confidence = [1, 1, 0.9999, 1, 1, 1, 0.9998, 1],
        Settled = true,
        Valid = true,
        Wrong = [],
        Effort = "medium",
        Select = StartSelection.Settled,
        Seed = 0,
        Chosen = 0,
        Starts = [new ReasoningStart("tolerance", Settled: true, Evaluations: 11, Residual: 7.9e-4, Period: null, Restarts: null)],
        Agreement = null,
        Evaluations = 11,
        Solve = SolveReport.Example,
    };

    private static readonly ReasoningAnswer s_answer = new("prefix-sum", "1.0.0", TaskDocumentation.Sha256, s_result);

    public static void Describe(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "A question as text; or a JSON object with input, or with inputs, and parameters beside it. A question is a text, a list of token numbers, or a list of rows of them.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new() { Schema = Body(), Example = new JsonObject { [ReasoningBody.One] = Question, ["effort"] = "high" } },
                [ReasoningBody.Text] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = JsonValue.Create(Question) },
            },
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The answer, and how it was found. A solve that ran out of its budget is an answer too: settled is false.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = TaskDocumentation.OneOrSeveral(
                    context, ("one question", s_answer), ("several questions", new ReasoningAnswers("prefix-sum", "1.0.0", TaskDocumentation.Sha256, [s_result]))),
                [AcceptHeader.EventStream] = TaskDocumentation.Events(
                    context, ("a ReasoningIterate", new ReasoningIterate(0, 0, 7, 4.2e-3, "10011110", [6])), s_answer),
            },
        };
        context.SchemaRepository.Choose<ReasoningResult>("effort", EffortLevel.Names);
        context.SchemaRepository.Choose<ReasoningResult>("select", StartSelection.Names);
    }

    private static OpenApiSchema Body()
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            [ReasoningBody.One] = new OpenApiSchema { Description = "One question." },
            [ReasoningBody.Several] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema(), Description = "Several questions, answered in their order." },
        };
        foreach (SolveParameter parameter in ReasoningParameters.All)
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties };
    }
}
