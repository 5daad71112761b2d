using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification;

/// <summary>Describes in the API document what the classification endpoint reads by itself: bodies, parameters and answers, with examples.</summary>
internal sealed class ClassificationDocumentation : IOperationFilter
{
    private static readonly SolveReport Solve = new(
        Converged: true,
        Stop: "tolerance",
        Evaluations: 11,
        Residual: 7.9e-4,
        Tolerance: 1e-3,
        Solver: "anderson",
        Profile: null,
        Priority: "normal",
        new BudgetReport(MaxEvaluations: 24, DeadlineMs: 30_000, Tolerance: 1e-3, UntilStable: null),
        [new ClampedParameter("maxEvaluations", Asked: 500, Granted: 24)],
        new SpentReport(Evaluations: 11, Ms: 18.2),
        SpentMs: 18.2,
        QueueMs: 0.6,
        new BatchReport(Smallest: 1, Largest: 4, Mean: 2.4),
        Warm: false);

    private static readonly Prediction[] Predictions = [new("ankle boot", 9, 0.974), new("sneaker", 7, 0.019)];

    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (operation.OperationId != ClassificationEndpoint.Name)
        {
            return;
        }

        operation.Parameters ??= [];
        foreach (SolveParameter parameter in SolveParameter.All)
        {
            operation.Parameters.Add(SolveParameterDocumentation.InQuery(parameter));
        }

        operation.Parameters.Add(new OpenApiParameter
        {
            Name = TensorPayload.ShapeHeader,
            In = ParameterLocation.Header,
            Description = "The shape of an application/octet-stream body: channels,height,width, or B,channels,height,width for B images.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = JsonValue.Create("1,28,28"),
        });
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "An image of any size, several, or tensors.",
            Content = Bodies(),
        };
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = "Predictions, and how they were found. A solve that ran out of its budget is an answer too: converged is false.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = Answers(context),
                [AcceptHeader.EventStream] = Events(context),
            },
        };
    }

    private static Dictionary<string, OpenApiMediaType> Bodies()
    {
        var binary = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            [MultipartPayload.ImageField] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = binary,
                Description = "PNG, JPEG or WebP. Several make a batch, answered in their order.",
            },
        };
        foreach (SolveParameter parameter in SolveParameter.All)
        {
            properties[parameter.Name] = SolveParameterDocumentation.Schema(parameter);
        }

        var form = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = properties,
            Required = new HashSet<string>(StringComparer.Ordinal) { MultipartPayload.ImageField },
        };
        return PayloadReader.Types.ToDictionary(
            type => type, type => new OpenApiMediaType { Schema = type == PayloadReader.Multipart ? form : binary }, StringComparer.Ordinal);
    }

    private static OpenApiMediaType Answers(OperationFilterContext context) => new()
    {
        Schema = new OpenApiSchema
        {
            OneOf =
            [
                context.SchemaGenerator.GenerateSchema(typeof(ClassificationAnswer), context.SchemaRepository),
                context.SchemaGenerator.GenerateSchema(typeof(ClassificationAnswers), context.SchemaRepository),
            ],
        },
        Examples = new Dictionary<string, IOpenApiExample>(StringComparer.Ordinal)
        {
            ["one image"] = Example(new ClassificationAnswer("fashion", "1.0.0", Hash, Predictions, Solve)),
            ["several images"] = Example(new ClassificationAnswers("fashion", "1.0.0", Hash, [new ImageResult(Predictions, Solve)])),
        },
    };

    private static OpenApiMediaType Events(OperationFilterContext context)
    {
        // The stream is text, so its schema is a string; that of an iterate is registered all the same, for the description to name.
        context.SchemaGenerator.GenerateSchema(typeof(IterateEvent), context.SchemaRepository);
        string iterate = JsonSerializer.Serialize(new IterateEvent(0, 7, 4.2e-3, Predictions), JsonSerializerOptions.Web);
        string result = JsonSerializer.Serialize(new ClassificationAnswer("fashion", "1.0.0", Hash, Predictions, Solve), JsonSerializerOptions.Web);
        return new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = $"Server-sent events: `{EventStream.Iterate}` with an IterateEvent after evaluations, then one `{EventStream.Result}` with the answer "
                    + $"as JSON, or one `{EventStream.Problem}` with a problem. What goes wrong before the first event is answered as an ordinary problem.",
            },
            Example = JsonValue.Create(
                $"event: {EventStream.Iterate}\ndata: {iterate}\n\nevent: {EventStream.Result}\ndata: {result}\n\n"),
        };
    }

    private static OpenApiExample Example<T>(T answer) => new() { Value = JsonSerializer.SerializeToNode(answer, JsonSerializerOptions.Web) };
}
