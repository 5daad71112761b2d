using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Deq.Api.Solving;

/// <summary>Describes the parameters of a solve in the API document.</summary>
internal static class SolveParameterDocumentation
{
    /// <summary>As a parameter of the query.</summary>
    public static OpenApiParameter InQuery(SolveParameter parameter) => new()
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = $"{parameter.Description} It is {parameter.Expects}.",
        Schema = Schema(parameter),
        Example = parameter.Type == "string" ? JsonValue.Create(parameter.Example) : JsonNode.Parse(parameter.Example),
    };

    /// <summary>As a field of a form.</summary>
    public static OpenApiSchema Schema(SolveParameter parameter) => new()
    {
        Description = parameter.Description,
        Type = parameter.Type switch
        {
            "integer" => JsonSchemaType.Integer,
            "number" => JsonSchemaType.Number,
            "boolean" => JsonSchemaType.Boolean,
            _ => JsonSchemaType.String,
        },
        Enum = parameter.Words is { } words ? [.. words.Select(word => JsonValue.Create(word))] : null,
    };
}
