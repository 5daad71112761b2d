using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Latent;

/// <summary>Describes bodies and answers of reconstruction in the API document, with an example.</summary>
internal static class ReconstructionDocumentation
{
    private static readonly ReconstructionAnswer s_example = new()
    {
        Model = "fashion-latent",
        Version = "1.0.0",
        Sha256 = TaskDocumentation.Sha256,
        Width = 28,
        Height = 28,
        Known = 0.8724,
        Misfit = 21.4,
        Latent = [0.31f, -1.2f, 0.05f],
        Solve = SolveReport.Example with { Evaluations = 84, Tolerance = 0.02 },
    };

    public static void Describe(OpenApiOperation operation, OperationFilterContext context, IReadOnlyList<SolveParameter> parameters)
    {
        OpenApiSchema form = TaskDocumentation.Form(
            [
                (LatentPayload.ImagePart, TaskDocumentation.Binary("PNG, JPEG or WebP of any size; it becomes the size of the model's images.")),
                (LatentPayload.MaskPart, TaskDocumentation.Binary("An image that is treated alike; grey 128 and above is missing.")),
            ],
            parameters);
        form.Required = new HashSet<string>(StringComparer.Ordinal) { LatentPayload.ImagePart };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "An image, and what of it is missing.",
            Content = LatentPayload.Types.ToDictionary(
                type => type, type => new OpenApiMediaType { Schema = type == PayloadReader.Multipart ? form : TaskDocumentation.Binary() }, StringComparer.Ordinal),
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The report with the latent, or the image. A solve that ran out of its budget is an answer too: converged is false.",
            Headers = TaskDocumentation.Headers(ServedReconstruction.HeadersOf(s_example)),
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new()
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(ReconstructionAnswer), context.SchemaRepository),
                    Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal) { ["an image with a gap"] = TaskDocumentation.Example(s_example) },
                },
                [ServedReconstruction.Png] = new() { Schema = TaskDocumentation.Binary("The reconstructed image; headers say how it was found.") },
            },
        };
    }
}
