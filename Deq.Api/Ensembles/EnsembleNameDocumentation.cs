using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Ensembles;

/// <summary>Lists in the API document the ensembles that a path may name.</summary>
internal sealed class EnsembleNameDocumentation(EnsembleCatalogue ensembles) : IDocumentFilter
{
    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        ArgumentNullException.ThrowIfNull(swaggerDoc);
        string[] names = [.. ensembles.All.Select(ensemble => ensemble.Name)];
        IEnumerable<OpenApiParameter> parameters = swaggerDoc.Paths.Values
            .SelectMany(path => path.Operations?.Values.AsEnumerable() ?? [])
            .SelectMany(operation => operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            .Where(parameter => parameter is { Name: "ensemble", In: ParameterLocation.Path });
        foreach (OpenApiParameter parameter in parameters.Where(_ => names.Length > 0))
        {
            parameter.Description = "An ensemble's name, as GET /api/v1/ensembles lists it.";
            parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. names.Select(name => JsonValue.Create(name))] };
            parameter.Example = JsonValue.Create(names[0]);
        }
    }
}
