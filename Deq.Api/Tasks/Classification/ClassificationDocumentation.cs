using System.Text.Json.Nodes;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification;

/// <summary>Describes bodies and answers of classification in the API document, with examples.</summary>
internal static class ClassificationDocumentation
{
    private static readonly Prediction[] s_predictions = [new("ankle boot", 9, 0.974), new("sneaker", 7, 0.019)];

    private static readonly ClassificationAnswer s_answer = new("fashion", "1.0.0", TaskDocumentation.Sha256, s_predictions, SolveReport.Example);

    public static void Describe(OpenApiOperation operation, OperationFilterContext context, bool takesAddresses)
    {
        operation.Parameters!.Add(ShapeHeader("The shape of an application/octet-stream body: channels,height,width, or B,channels,height,width for B images."));
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "An image of any size, several, or tensors.",
            Content = Bodies(takesAddresses, ClassificationParameters.All, "PNG, JPEG or WebP. Several make a batch, answered in their order."),
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "Predictions, and how they were found. A solve that ran out of its budget is an answer too: converged is false.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = TaskDocumentation.OneOrSeveral(
                    context,
                    ("one image", s_answer),
                    ("several images", new ClassificationAnswers("fashion", "1.0.0", TaskDocumentation.Sha256, [new ImageResult(s_predictions, SolveReport.Example)]))),
                [AcceptHeader.EventStream] = TaskDocumentation.Events(context, ("an IterateEvent", new IterateEvent(0, 7, 4.2e-3, s_predictions)), s_answer),
            },
        };
    }

    /// <summary>The header that gives the shape of a tensor.</summary>
    public static OpenApiParameter ShapeHeader(string description) => new()
    {
        Name = TensorPayload.ShapeHeader,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = JsonValue.Create("1,28,28"),
    };

    /// <summary>The bodies that bring images.</summary>
    /// <param name="takesAddresses">Whether addresses are taken.</param>
    /// <param name="parameters">What a form or an object has beside the images.</param>
    /// <param name="description">Of the images of a form.</param>
    public static Dictionary<string, OpenApiMediaType> Bodies(bool takesAddresses, IReadOnlyList<SolveParameter> parameters, string description)
    {
        OpenApiSchema binary = TaskDocumentation.Binary();
        var images = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = binary,
            Description = description,
        };
        OpenApiSchema form = TaskDocumentation.Form([(MultipartPayload.ImageField, images)], parameters);
        var bodies = ImageBodies.Types.ToDictionary(
            type => type, type => new OpenApiMediaType { Schema = type == PayloadReader.Multipart ? form : binary }, StringComparer.Ordinal);
        if (takesAddresses)
        {
            var address = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri", Description = "Where the image is; it is fetched." };
            bodies[AcceptHeader.Json] = new OpenApiMediaType { Schema = TaskDocumentation.Form([(AddressPayload.Field, address)], parameters) };
        }

        return bodies;
    }
}
