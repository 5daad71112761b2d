using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

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

    /// <summary>The JSON of one answer, or of several; each with the name of its example.</summary>
    public static OpenApiMediaType OneOrSeveral<TOne, TSeveral>(OperationFilterContext context, (string Name, TOne Answer) one, (string Name, TSeveral Answer) several) => new()
    {
        Schema = new OpenApiSchema
        {
            OneOf =
            [
                context.SchemaGenerator.GenerateSchema(typeof(TOne), context.SchemaRepository),
                context.SchemaGenerator.GenerateSchema(typeof(TSeveral), context.SchemaRepository),
            ],
        },
        Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal) { [one.Name] = Example(one.Answer), [several.Name] = Example(several.Answer) },
    };

    /// <summary>Iterates, then the answer, as server-sent events.</summary>
    /// <param name="context">Registers schemas.</param>
    /// <param name="iterate">An iterate, and what it is called with its article.</param>
    /// <param name="result">The answer.</param>
    public static OpenApiMediaType Events<TIterate, TResult>(OperationFilterContext context, (string Name, TIterate Iterate) iterate, TResult result)
    {
        // The stream is text, so its schema is a string; that of an iterate is registered all the same, for the description to name.
        context.SchemaGenerator.GenerateSchema(typeof(TIterate), context.SchemaRepository);
        string first = JsonSerializer.Serialize(iterate.Iterate, JsonSerializerOptions.Web);
        string last = JsonSerializer.Serialize(result, JsonSerializerOptions.Web);
        return new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = $"Server-sent events: `{EventStream.Iterate}` with {iterate.Name} after evaluations, then one `{EventStream.Result}` with the answer "
                    + $"as JSON, or one `{EventStream.Problem}` with a problem. What goes wrong before the first event is answered as an ordinary problem.",
            },
            Example = JsonValue.Create($"event: {EventStream.Iterate}\ndata: {first}\n\nevent: {EventStream.Result}\ndata: {last}\n\n"),
        };
    }

    public static OpenApiExample Example<T>(T answer) => new() { Value = JsonSerializer.SerializeToNode(answer, JsonSerializerOptions.Web) };
}
