using System.Text.Json;
using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Fronts.OpenInference;

/// <summary><c>POST /v2/repository/models/{model}/load</c> and <c>…/unload</c>: the protocol's model repository extension.</summary>
internal static class RepositoryEndpoints
{
    /// <summary>Maps them below a group, for clients with the role that may.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        RouteGroupBuilder models = group.MapGroup("/repository/models/{model}").ForRoles(Roles.Manage).CanFail(ProblemKinds.MalformedRequest, ProblemKinds.InvalidParameter);
        models.MapPost("/load", LoadAsync).WithName("loadModel").WithSummary("Loads a model from the folder of bundles, or loads it anew.")
            .WithDescription("Answered once the model is open and served. Requests to the one before are answered by that; none is dropped.")
            .CanFail(ProblemKinds.ModelFaulty);
        models.MapPost("/unload", UnloadAsync).WithName("unloadModel").WithSummary("Unloads a model.")
            .WithDescription("Requests that it has are answered.")
            .CanFail(ProblemKinds.ModelNotFound);
    }

    private static async Task<IResult> LoadAsync(string model, HttpContext http, ModelLifecycle lifecycle)
    {
        await RefuseParametersAsync(http.Request);
        await lifecycle.LoadAsync(model, http.RequestAborted);
        return Results.Ok();
    }

    private static async Task<IResult> UnloadAsync(string model, HttpContext http, ModelLifecycle lifecycle)
    {
        await RefuseParametersAsync(http.Request);
        await lifecycle.UnloadAsync(model, http.RequestAborted);
        return Results.Ok();
    }

    /// <summary>A client may send a configuration or files for a model; here these are the bundle's.</summary>
    private static async Task RefuseParametersAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length == 0)
        {
            return;
        }

        using JsonDocument json = ClientJson.Parse(
            body.ToArray(), default, fault => new ProblemException(ProblemKinds.MalformedRequest, $"the request cannot be read: {fault}."));
        if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("parameters", out JsonElement parameters)
            && parameters.ValueKind == JsonValueKind.Object && parameters.EnumerateObject().Any(parameter => parameter.Name != "unload_dependents"))
        {
            throw new ProblemException(ProblemKinds.InvalidParameter, "parameters: a model is loaded as its bundle has it, without configuration or files.");
        }
    }
}
