using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks.Flow;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Streams;

/// <summary>Describes in the API document what the endpoints of streams read and write by themselves.</summary>
internal sealed class StreamDocumentation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters ??= [];
        foreach (OpenApiParameter id in operation.Parameters.OfType<OpenApiParameter>().Where(parameter => parameter is { Name: "id", In: ParameterLocation.Path }))
        {
            id.Description = "The id that the stream was opened with.";
        }

        switch (operation.OperationId)
        {
            case StreamEndpoints.OpenName:
                operation.RequestBody = new OpenApiRequestBody { Required = true, Description = "What the stream is for.", Content = Opening() };
                break;
            case StreamEndpoints.FrameName:
                DescribeFrame(operation, context);
                break;
            case StreamEndpoints.SocketName:
                DescribeSocket(operation, context);
                break;
        }
    }

    private static Dictionary<string, OpenApiMediaType> Opening()
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            [StreamRequest.Model] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A model whose task is optical-flow." },
            [StreamRequest.Output] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Enum = [.. FlowFormat.All.Select(format => JsonValue.Create(format.Type))],
                Description = "What frames are answered with. Default application/json. A frame without a flow is always answered with JSON.",
            },
            [StreamRequest.Warm] = new OpenApiSchema
            {
                Type = JsonSchemaType.Boolean,
                Description = "Whether frames may start where the last one ended. Default true; false is for comparison.",
            },
        };
        foreach (SolveParameter parameter in StreamRequest.Solve)
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
                Example = JsonNode.Parse("""{"model":"flow","budget":"fast","output":"image/png"}"""),
            },
        };
    }

    private static void DescribeFrame(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = StreamEndpoints.IndexHeader,
            In = ParameterLocation.Header,
            Description = "The frame's index, from 0. Default: one more than the last frame's.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
            Example = JsonValue.Create(7),
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
            Description = "The flow from the frame before, in the stream's output, and how it was found; in headers where the body has no place for that.",
            Content = FlowFormat.All.ToDictionary(format => format.Type, format => Answer(format, context), StringComparer.Ordinal),
        };
    }

    private static void DescribeSocket(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = StreamEndpoints.DropStale,
            In = ParameterLocation.Query,
            Description = "Whether frames that wait are skipped when a newer one has come; results then list those skipped. Default false: the sender is held up.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean },
            Example = JsonValue.Create(true),
        });
        context.SchemaGenerator.GenerateSchema(typeof(FrameAnswer), context.SchemaRepository);
        operation.Responses!.Remove("200");
        operation.Responses["101"] = new OpenApiResponse { Description = "The connection is a WebSocket from here on. Results are FrameAnswer objects." };
    }

    private static OpenApiMediaType Answer(FlowFormat format, OperationFilterContext context) => format == FlowFormat.Json
        ? new OpenApiMediaType
        {
            Schema = context.SchemaGenerator.GenerateSchema(typeof(FrameAnswer), context.SchemaRepository),
            Example = JsonSerializer.SerializeToNode(
                new FrameAnswer("q2…", 0, 320, 240, Flow: null, Warm: false, Start: null, ColdReasons.First, [], [], Solve: null), JsonSerializerOptions.Web),
        }
        : new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = format.Description } };
}
