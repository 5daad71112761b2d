using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>Describes bodies and answers of probes in the API document, with an example.</summary>
internal static class ProbeDocumentation
{
    private static readonly ProbeAnswer s_example = new()
    {
        Model = "fashion",
        Version = "1.0.0",
        Sha256 = TaskDocumentation.Sha256,
        Changed = true,
        Before = new Prediction("ankle boot", 9, 0.94),
        After = new Prediction("sneaker", 7, 0.51),
        L2 = 0.62,
        LInfinity = 0.11,
        LargestChange = 2.8,
        Target = null,
        Evaluations = 151,
        Products = 70,
        Solve = SolveReport.Example with { Evaluations = 70, Solver = "picard", Tolerance = ServedProbe.DefaultTolerance },
        Start = SolveReport.Example,
        Check = SolveReport.Example,
    };

    public static void Describe(OpenApiOperation operation, OperationFilterContext context, bool takesAddresses)
    {
        operation.Parameters!.Add(ClassificationDocumentation.ShapeHeader("The shape of an application/octet-stream body: channels,height,width."));
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "One image of any size, or a tensor. It is probed at the size of the model's input, with 8 bits per value.",
            Content = ClassificationDocumentation.Bodies(takesAddresses, ProbeParameters.All, "PNG, JPEG or WebP; one."),
        };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The report, or the changed image. A change that was not found, or a solve that ran out of its budget, is an answer too.",
            Headers = TaskDocumentation.Headers(ProbeHeaders.Of(s_example)),
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new()
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(ProbeAnswer), context.SchemaRepository),
                    Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal) { ["a change"] = TaskDocumentation.Example(s_example) },
                },
                [ServedProbe.Png] = new() { Schema = TaskDocumentation.Binary("The changed image at the size of the model's input; headers say how it was found.") },
            },
        };
    }
}
