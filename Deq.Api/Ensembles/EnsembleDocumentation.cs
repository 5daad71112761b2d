using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Ensembles;

/// <summary>Describes votes in the API document: the bodies are the task's, parameters and answers are the ensemble's.</summary>
internal static class EnsembleDocumentation
{
    /// <summary>A body of JSON, described alone: where the framework is told of it, it refuses other types before keys are looked at, and without a problem.</summary>
    public static void DescribeBody<T>(OpenApiOperation operation, OperationFilterContext context) => operation.RequestBody = new OpenApiRequestBody
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            [AcceptHeader.Json] = new() { Schema = context.SchemaGenerator.GenerateSchema(typeof(T), context.SchemaRepository) },
        },
    };

    public static void Describe(IServedTask task, OpenApiOperation operation, OperationFilterContext context)
    {
        task.Describe(operation, context);
        string[] others = [.. task.Parameters.Except(EnsembleEndpoint.Parameters).Select(parameter => parameter.Name)];
        foreach (OpenApiSchema body in operation.RequestBody?.Content?.Values.Select(media => media.Schema).OfType<OpenApiSchema>() ?? [])
        {
            Array.ForEach(others, name => body.Properties?.Remove(name));
        }

        foreach (SolveParameter parameter in EnsembleEndpoint.Parameters)
        {
            operation.Parameters!.Add(SolveParameterDocumentation.InQuery(parameter));
        }

        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The label, how probable it is, and the votes. Members that gave no answer are named in missing.",
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [AcceptHeader.Json] = new()
                {
                    Schema = new OpenApiSchema
                    {
                        OneOf =
                        [
                            context.SchemaGenerator.GenerateSchema(typeof(EnsembleAnswer), context.SchemaRepository),
                            context.SchemaGenerator.GenerateSchema(typeof(EnsembleAnswers), context.SchemaRepository),
                        ],
                    },
                },
            },
        };
        context.SchemaRepository.Choose<EnsembleAnswer>("stop", EnsembleVote.Stops);
    }
}
