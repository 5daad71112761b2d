using System.Text.Json.Nodes;
using Deq.Api.Requests;
using Microsoft.OpenApi;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Describes bodies and answers of inference in the API document, with examples.</summary>
internal static class InferDocumentation
{
    private const string Request = """
        {"id":"42","parameters":{"deq_max_evaluations":24,"deq_tolerance":0.001},
         "inputs":[{"name":"image","datatype":"FP32","shape":[1,1,2,2],"data":[0.1,0.2,0.3,0.4]}],
         "outputs":[{"name":"logits"},{"name":"deq_residual"}]}
        """;

    private const string Answer = """
        {"model_name":"fashion","model_version":"1.0.0","id":"42",
         "parameters":{"deq_converged":true,"deq_stop":"tolerance","deq_evaluations":11,"deq_residual":0.00079},
         "outputs":[{"name":"logits","datatype":"FP32","shape":[1,2],"data":[1.5,-0.5]},{"name":"deq_residual","datatype":"FP32","shape":[1],"data":[0.00079]}]}
        """;

    public static void Describe(OpenApiOperation operation)
    {
        operation.Parameters!.Add(new OpenApiParameter
        {
            Name = InferRequestReader.LengthHeader,
            In = ParameterLocation.Header,
            Description = "Bytes of the JSON at the body's beginning, where bytes of tensors follow it; 0: the body is the bytes of the only input.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
        });
        operation.RequestBody = new OpenApiRequestBody { Required = true, Description = "Tensors by name.", Content = Content(Request) };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The outputs, and how they were found as parameters. A solve that ran out of its budget is an answer too.",
            Content = Content(Answer),
        };
    }

    private static Dictionary<string, OpenApiMediaType> Content(string example) => new(StringComparer.Ordinal)
    {
        [AcceptHeader.Json] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object }, Example = JsonNode.Parse(example) },
        [PayloadReader.Tensor] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
    };
}
