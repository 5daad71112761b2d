using System.Text.Json.Nodes;
using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>Describes in the API document what the reasoning endpoint reads by itself: bodies, parameters and answers, with examples.</summary>
internal sealed class ReasoningDocumentation : IOperationFilter
{
    private const string Sudoku = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != ReasoningEndpoint.Name)
        {
            return;
        }

        operation.Parameters ??= [];
        foreach (SolveParameter parameter in ReasoningParameters.All)
        {
            operation.Parameters.Add(SolveParameterDocumentation.InQuery(parameter));
        }

        var text = new OpenApiSchema { Type = JsonSchemaType.String };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "A question as text; or a JSON object with input, or with inputs, and parameters beside it. An input is a text, a list of token numbers, or rows of them.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new() { Schema = Body(), Example = new JsonObject { ["input"] = Sudoku, ["effort"] = "high" } },
                [ReasoningQuestions.Text] = new() { Schema = text, Example = JsonValue.Create(Sudoku) },
            },
        };
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = "The answer, and how it was found. A solve that ran out of its budget is an answer too: settled is false.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new() { Schema = Answers(context) },
                [AcceptHeader.EventStream] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = $"Server-sent events: `{EventStream.Iterate}` with a ReasoningIterate after evaluations, then one `{EventStream.Result}` or one `{EventStream.Problem}`.",
                    },
                },
            },
        };
        context.SchemaGenerator.GenerateSchema(typeof(ReasoningIterate), context.SchemaRepository);
    }

    private static OpenApiSchema Answers(OperationFilterContext context) => new()
    {
        OneOf =
        [
            context.SchemaGenerator.GenerateSchema(typeof(ReasoningAnswer), context.SchemaRepository),
            context.SchemaGenerator.GenerateSchema(typeof(ReasoningAnswers), context.SchemaRepository),
        ],
    };

    private static OpenApiSchema Body()
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["input"] = new OpenApiSchema { Description = "One question." },
            ["inputs"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema(), Description = "Several questions, answered in their order." },
        };
        foreach (SolveParameter parameter in ReasoningParameters.All)
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties };
    }
}
