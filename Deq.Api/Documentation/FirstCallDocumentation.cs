using System.Text.Json.Nodes;
using Deq.Api.Health;
using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Documentation;

/// <summary>
/// Makes the document one that can be called by as it stands, by people and by generated clients: models that this server has, the words that
/// a parameter may be, no value for what may be left out, and every parameter in one place.
/// </summary>
internal sealed class FirstCallDocumentation(ModelCatalogue models, BudgetCatalogue budgets, ServesPath serves) : IDocumentFilter
{
    private static readonly string[] s_watching = ["Health", "Home"];

    private static readonly string[] s_priorities = [.. Enum.GetValues<Priority>().Select(SolveRequest.NameOf)];

    /// <summary>Parameters that are one of a few words.</summary>
    private readonly Dictionary<string, IReadOnlyList<string>> _parameters = new(StringComparer.Ordinal)
    {
        [SolveParameter.Priority.Name] = s_priorities,
        [SolveParameter.Solver.Name] = FixedPointMethods.Names,
        [SolveParameter.Budget.Name] = [.. models.All.SelectMany(model => budgets.Of(model).Names).Distinct()],
    };

    /// <summary>Members that are one of the same few words in whatever answer they stand; those of one answer are chosen where it is described.</summary>
    private readonly Dictionary<string, IReadOnlyList<string>> _members = new(StringComparer.Ordinal)
    {
        ["priority"] = s_priorities,
        ["solver"] = FixedPointMethods.Names,
        ["status"] = HealthReport.Statuses,
        ["stop"] = [.. Enum.GetValues<StopReason>().Select(reason => reason.Name())],
        ["task"] = [.. models.All.Select(model => model.Manifest.Task).Distinct()],
    };

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        ArgumentNullException.ThrowIfNull(swaggerDoc);
        foreach ((string path, IOpenApiPathItem item) in swaggerDoc.Paths)
        {
            foreach (OpenApiOperation operation in item.Operations?.Values.AsEnumerable() ?? [])
            {
                AddVersion(path, operation);
                foreach (OpenApiParameter parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
                {
                    Describe(parameter, path);
                }

                TakeOutOfForms(operation);
            }
        }

        Order(swaggerDoc);
        foreach (OpenApiSchema schema in swaggerDoc.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? [])
        {
            Choose(schema.Properties, _members);
        }
    }

    /// <summary>Puts the groups that answer questions before those that watch the server.</summary>
    private static void Order(OpenApiDocument document)
    {
        IEnumerable<string> groups = document.Paths.Values
            .SelectMany(item => item.Operations?.Values.AsEnumerable() ?? [])
            .SelectMany(operation => operation.Tags?.Select(tag => tag.Name ?? "") ?? []);
        document.Tags = groups.Distinct().OrderBy(group => s_watching.Contains(group)).Select(group => new OpenApiTag { Name = group }).ToHashSet();
    }

    /// <summary>Endpoints take the version from the route themselves, so nothing else tells of it.</summary>
    private void AddVersion(string path, OpenApiOperation operation)
    {
        if (path.Contains("{version}", StringComparison.Ordinal) && operation.Parameters?.Any(parameter => parameter.Name == "version") != true)
        {
            // That of the model that stands as the example comes first.
            string[] versions = [.. ModelsFor(path).Select(model => model.Version).Distinct()];
            operation.Parameters = [.. operation.Parameters ?? [], new OpenApiParameter
            {
                Name = "version",
                In = ParameterLocation.Path,
                Required = true,
                Description = "The model's version, as its metadata says.",
                Schema = Words(versions),
                Example = JsonValue.Create(versions.FirstOrDefault()),
            }];
        }
    }

    private void Describe(OpenApiParameter parameter, string path)
    {
        if (parameter is { Name: "model", In: ParameterLocation.Path } && ModelsFor(path) is { Length: > 0 } able)
        {
            parameter.Schema = Words([.. able.Select(model => model.Manifest.Name)]);
            parameter.Example = JsonValue.Create(able[0].Manifest.Name);
        }
        else if (!parameter.Required)
        {
            // A value that is shown is sent: what may be left out has none.
            parameter.Example = null;
            if (_parameters.TryGetValue(parameter.Name ?? "", out IReadOnlyList<string>? words) && words.Count > 0)
            {
                parameter.Schema = Words(words);
            }
        }
    }

    /// <summary>The models that do what a path asks for, by the last part of its name, the one of the smallest input first; all where any will do.</summary>
    private ServedModel[] ModelsFor(string path)
    {
        string last = path.Split('/')[^1];
        IReadOnlyList<ServedModel> all = models.All;
        ServedModel[] able = [.. all.Where(model => serves(model, last))];
        return [.. (able.Length > 0 ? able : all).OrderBy(model => Size(model.Manifest))];

        static long Size(ModelManifest manifest) => manifest.HasImages ? (long)manifest.Input.Channels * manifest.Input.Height * manifest.Input.Width : long.MaxValue;
    }

    /// <summary>A form takes parameters too, but a client that is made from the document can name each only once.</summary>
    private void TakeOutOfForms(OpenApiOperation operation)
    {
        string[] query = [.. operation.Parameters?.Where(parameter => parameter.In == ParameterLocation.Query).Select(parameter => parameter.Name ?? "") ?? []];
        foreach (OpenApiSchema schema in operation.RequestBody?.Content?.Values.Select(media => media.Schema).OfType<OpenApiSchema>() ?? [])
        {
            foreach (string name in query)
            {
                schema.Properties?.Remove(name);
            }

            Choose(schema.Properties, _parameters);
        }
    }

    private static void Choose(IDictionary<string, IOpenApiSchema>? properties, Dictionary<string, IReadOnlyList<string>> words)
    {
        foreach ((string name, IReadOnlyList<string> known) in words)
        {
            if (known.Count > 0 && properties?.TryGetValue(name, out IOpenApiSchema? found) == true
                && found is OpenApiSchema { Type: { } type, Enum: not { Count: > 0 } } word && type.HasFlag(JsonSchemaType.String))
            {
                word.Choose(known);
            }
        }
    }

    private static OpenApiSchema Words(IReadOnlyList<string> words) => new() { Type = JsonSchemaType.String, Enum = [.. words.Select(each => JsonValue.Create(each))] };
}
