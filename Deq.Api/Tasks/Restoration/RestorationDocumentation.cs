using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Tasks.Restoration;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Restoration;

/// <summary>Describes bodies and answers of restoration in the API document, with examples.</summary>
internal static class RestorationDocumentation
{
    private static readonly RestorationAnswer s_example = new()
    {
        Model = "restore",
        Version = "1.0.0",
        Sha256 = TaskDocumentation.Sha256,
        Width = 481,
        Height = 321,
        Restoration = new RestorationReport
        {
            Operator = Degradation.Identity,
            Sigma = 25,
            SigmaEstimated = false,
            Lambda = 1,
            Factor = 1,
            Tiles = 1,
            Evaluations = 11,
            Misfit = 23.9,
            Unique = true,
            Uniqueness = "This problem is convex: it has one solution, and every start leads to it.",
            Psnr = 28.5,
            PsnrBefore = 20.2,
        },
        Solves = [SolveReport.Example],
        Residuals = [0.31, 0.05, 7.9e-4],
        Energies = [1043.1, 701.4, 552.2],
    };

    public static void Describe(OpenApiOperation operation, OperationFilterContext context)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "A picture and what was done to it.",
            Content = RestorationPayload.Types.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = Form() }, StringComparer.Ordinal),
        };
        context.SchemaGenerator.GenerateSchema(typeof(RestorationIterate), context.SchemaRepository);
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The report, the restored picture, or events, as Accept asks. A solve that ran out of its budget is an answer too: converged is false.",
            Headers = TaskDocumentation.Headers(RestorationHeaders.Of(s_example)),
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new()
                {
                    Schema = context.SchemaGenerator.GenerateSchema(typeof(RestorationAnswer), context.SchemaRepository),
                    Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal) { ["a report"] = TaskDocumentation.Example(s_example) },
                },
                [ServedRestoration.Png] = new() { Schema = TaskDocumentation.Binary("The restored picture, with as many bits per sample as were read; headers say how it was found.") },
                [AcceptHeader.EventStream] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = $"Server-sent events: `{EventStream.Iterate}` with a RestorationIterate after evaluations, then one `{EventStream.Result}` with the report and "
                            + $"the picture in it as base64, or one `{EventStream.Problem}`.",
                    },
                },
            },
        };
    }

    /// <summary>The answers to frames of streams by type.</summary>
    public static Dictionary<string, OpenApiMediaType> FrameContents(OperationFilterContext context)
    {
        IOpenApiSchema frame = context.SchemaGenerator.GenerateSchema(typeof(RestoredFrame), context.SchemaRepository);
        context.SchemaRepository.Choose<RestoredFrame>("start", RestoredFrame.Starts);
        context.SchemaRepository.Choose<RestoredFrame>("coldReason", RestoredFrame.ColdReasons);
        context.SchemaRepository.Choose<RestorationReport>("operator", Degradation.Names);
        return new(StringComparer.Ordinal)
        {
            [AcceptHeader.Json] = new() { Schema = frame },
            [ServedRestoration.Png] = new() { Schema = TaskDocumentation.Binary("The restored frame; headers say how it was found.") },
        };
    }

    private static OpenApiSchema Form()
    {
        OpenApiSchema form = TaskDocumentation.Form(
            [
                (RestorationPayload.ImagePart, TaskDocumentation.Binary("The picture: PNG, JPEG or WebP, 16 bits of a PNG without interlacing, colour profile or turn are kept, otherwise it is read with 8; over black where it is transparent.")),
                (RestorationPayload.MaskPart, TaskDocumentation.Binary("A picture of the same size; pixels that are 128 of 255 bright or more, by luminance, are missing.")),
                (RestorationPayload.KernelPart, TaskDocumentation.Binary($"How a bright point spreads: a picture, or rows of numbers as JSON; at most {BlurKernel.MostSize} pixels along a side; divided by its sum.")),
                (RestorationPayload.ReferencePart, TaskDocumentation.Binary("What the answer is compared with.")),
            ],
            RestorationParameters.All);
        form.Required = new HashSet<string>(StringComparer.Ordinal) { RestorationPayload.ImagePart };
        return form;
    }
}
