using System.Text.Json.Nodes;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Streams;

/// <summary>Describes in the API document what the endpoints of streams read and write by themselves.</summary>
internal static class StreamDocumentation
{
    public static void DescribeId(OpenApiOperation operation)
    {
        foreach (OpenApiParameter id in operation.Parameters!.OfType<OpenApiParameter>().Where(parameter => parameter is { Name: "id", In: ParameterLocation.Path }))
        {
            id.Description = "The id that the stream was opened with.";
        }
    }

    public static void DescribeOpening(OpenApiOperation operation, IReadOnlyList<IStreamedTask> tasks, ModelCatalogue models) =>
        operation.RequestBody = new OpenApiRequestBody { Required = true, Description = "What the stream is for.", Content = Opening(tasks, models) };

    private static Dictionary<string, OpenApiMediaType> Opening(IReadOnlyList<IStreamedTask> tasks, ModelCatalogue models)
    {
        // Those of the first task come first: one of them stands in the example.
        string[] names = [.. tasks.SelectMany(task => models.All.Where(model => model.Manifest.Task == task.Task.Name).Select(model => model.Manifest.Name))];
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            [StreamRequest.Model] = Words($"A model whose task is {string.Join(" or ", tasks.Select(task => task.Task.Name))}.", names),
            [StreamRequest.Output] = Words(
                $"What frames are answered with. Default {AcceptHeader.Json}. A frame for which nothing was solved is always answered with JSON.", tasks.SelectMany(task => task.Outputs).Distinct()),
            [StreamRequest.Warm] = new OpenApiSchema
            {
                Type = JsonSchemaType.Boolean,
                Description = "Whether frames may start where the last one ended. Default true; false is for comparison.",
            },
        };
        foreach (SolveParameter parameter in StreamRequest.Solve.Concat(tasks.SelectMany(task => task.Parameters)))
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        return new(StringComparer.Ordinal)
        {
            [AcceptHeader.Json] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = properties,
                    Required = new HashSet<string>(StringComparer.Ordinal) { StreamRequest.Model },
                    AdditionalPropertiesAllowed = false,
                },
                Example = Example(tasks, names),
            },
        };
    }

    private static OpenApiSchema Words(string description, IEnumerable<string> words) =>
        new() { Type = JsonSchemaType.String, Description = description, Enum = [.. words.Select(word => JsonValue.Create(word))] };

    private static JsonNode? Example(IReadOnlyList<IStreamedTask> tasks, string[] models)
    {
        JsonNode? example = tasks.Count > 0 ? tasks[0].Opening : null;
        if (example is not null && models.Length > 0)
        {
            example[StreamRequest.Model] = models[0];
        }

        return example;
    }

    public static void DescribeFrame(OpenApiOperation operation, OperationFilterContext context, IReadOnlyList<IStreamedTask> tasks)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = StreamEndpoints.IndexHeader,
            In = ParameterLocation.Header,
            Description = "The frame's index, from 0. Default: one more than the last frame's.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        });
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "The frame, of a size that the model takes.",
            Content = PayloadReader.ImageTypes.ToDictionary(
                type => type, _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } }, StringComparer.Ordinal),
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The answer, in the stream's output, and how it was found; in headers where the body has no place for that.",
            Content = tasks.SelectMany(task => task.Describe(context)).GroupBy(content => content.Key, content => content.Value, StringComparer.Ordinal)
                .ToDictionary(contents => contents.Key, contents => Together([.. contents]), StringComparer.Ordinal),
        };
    }

    /// <summary>What several tasks answer under one type: bytes are bytes, of JSON it is one of their schemas.</summary>
    private static OpenApiMediaType Together(OpenApiMediaType[] contents)
    {
        IOpenApiSchema[] schemas = [.. contents.Select(content => content.Schema!).Where(schema => schema is OpenApiSchemaReference)];
        return schemas.Length < 2 ? contents[0] : new OpenApiMediaType { Schema = new OpenApiSchema { OneOf = [.. schemas] }, Example = contents[0].Example };
    }

    public static void DescribeSocket(OpenApiOperation operation)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = StreamEndpoints.DropStale,
            In = ParameterLocation.Query,
            Description = "Whether frames that wait are skipped when a newer one has come; results then list those skipped. Default false: the sender is held up.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean },
            Example = JsonValue.Create(true),
        });
        operation.Responses!.Remove("200");
        operation.Responses["101"] = new OpenApiResponse { Description = "The connection is a WebSocket from here on. Results are the JSON answers of frames, with the indices that were skipped before them and the bytes of the binary message after them." };
    }
}
