using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Solving;
using Microsoft.OpenApi;

namespace Deq.Api.Tasks;

/// <summary>Parts of the API document that tasks have in common.</summary>
internal static class TaskDocumentation
{
    /// <summary>The hash in examples.</summary>
    public const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /// <summary>The bytes of a file.</summary>
    public static OpenApiSchema Binary(string? description = null) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    /// <summary>A form of required parts that bring files, and parameters as fields.</summary>
    public static OpenApiSchema Form(IEnumerable<(string Name, IOpenApiSchema Schema)> files, IEnumerable<SolveParameter> parameters)
    {
        var properties = files.ToDictionary(file => file.Name, file => file.Schema, StringComparer.Ordinal);
        var required = new HashSet<string>(properties.Keys, StringComparer.Ordinal);
        foreach (SolveParameter parameter in parameters)
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        return new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties, Required = required };
    }

    /// <summary>Headers of an answer whose body has no room for the report, each with its value as the example.</summary>
    public static Dictionary<string, IOpenApiHeader> Headers(IEnumerable<(string Name, string Value)> headers) => headers.ToDictionary(
        header => header.Name,
        IOpenApiHeader (header) => new OpenApiHeader { Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = JsonValue.Create(header.Value) },
        StringComparer.Ordinal);

    public static OpenApiExample Example<T>(T answer) => new() { Value = JsonSerializer.SerializeToNode(answer, JsonSerializerOptions.Web) };
}
