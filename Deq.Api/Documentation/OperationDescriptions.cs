using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Documentation;

/// <summary>Endpoint metadata: adds to the API document what the endpoint alone knows of its bodies and answers.</summary>
internal sealed record OperationDescription(Action<OpenApiOperation, OperationFilterContext> Apply);

/// <summary>Lets endpoints describe themselves.</summary>
internal sealed class OperationDescriptions : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        foreach (OperationDescription description in context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<OperationDescription>())
        {
            operation.Parameters ??= [];
            operation.Responses ??= [];
            description.Apply(operation, context);
        }
    }
}

internal static class OperationDescriptionExtensions
{
    /// <summary>Has the API document show what an endpoint reads and writes by itself.</summary>
    public static TBuilder Describe<TBuilder>(this TBuilder routes, Action<OpenApiOperation, OperationFilterContext> describe)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new OperationDescription(describe));
}
