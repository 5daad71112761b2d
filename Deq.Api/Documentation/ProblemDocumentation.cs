using System.Text.Json.Nodes;
using Deq.Api.Access;
using Deq.Api.Problems;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Documentation;

/// <summary>Lists the problems of each endpoint in the API document, one example per kind.</summary>
internal sealed class ProblemDocumentation : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        IEnumerable<ProblemKind> kinds = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<Fails>().SelectMany(fails => fails.Kinds)
            .Append(ProblemKinds.InternalError)
            .Concat(IsOpen(context) ? [] : ProblemKinds.OfAccess);
        IOpenApiSchema schema = context.SchemaGenerator.GenerateSchema(typeof(ProblemDetails), context.SchemaRepository);
        operation.Responses ??= [];
        foreach (IGrouping<int, ProblemKind> status in ProblemKinds.All.Intersect(kinds).GroupBy(kind => kind.Status).OrderBy(group => group.Key))
        {
            operation.Responses[status.Key.ToString()] = new OpenApiResponse
            {
                Description = string.Join(" ", status.Select(kind => $"`{kind.Name}`: {kind.Title}")),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = schema,
                        Examples = status.ToDictionary(kind => kind.Name, ExampleOf, StringComparer.Ordinal),
                    },
                },
            };
        }
    }

    /// <summary>Whether clients need no key.</summary>
    private static bool IsOpen(OperationFilterContext context) =>
        context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RequiredRoles>().LastOrDefault()?.Roles == Roles.None;

    private static IOpenApiExample ExampleOf(ProblemKind kind) => new OpenApiExample
    {
        Summary = kind.Title,
        Value = new JsonObject
        {
            ["type"] = kind.Type,
            ["title"] = kind.Title,
            ["status"] = kind.Status,
            ["detail"] = "What is wrong with this request, with the limit where there is one.",
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        },
    };
}
