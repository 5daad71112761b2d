using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Documentation;

/// <summary>Describes the part of paths that names a model.</summary>
internal sealed class ModelNameDocumentation : IParameterFilter
{
    public void Apply(IOpenApiParameter parameter, ParameterFilterContext context)
    {
        if (parameter is OpenApiParameter { Name: "model", In: ParameterLocation.Path } model)
        {
            model.Description = "A model's name, as GET /api/v1/models lists it.";
            model.Example = JsonValue.Create("fashion");
        }
    }
}
