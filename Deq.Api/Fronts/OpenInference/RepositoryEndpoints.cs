using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Problems;

namespace Deq.Api.Fronts.OpenInference;

/// <summary><c>POST /v2/repository/models/{model}/load</c> and <c>…/unload</c>: the protocol's model repository extension.</summary>
internal static class RepositoryEndpoints
{
    /// <summary>Maps them below a group, for clients with the role that may.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        RouteGroupBuilder models = group.MapGroup("/repository/models/{model}").ForRoles(Roles.Manage).CanFail(RepositoryBody.Problems);
        models.MapPost("/load", LoadAsync).WithName("loadModel").WithSummary("Loads a model from the folder of bundles, or loads it anew.")
            .WithDescription("Answered once the model is open and served. Requests to the one before are answered by that; none is dropped.")
            .CanFail(ProblemKinds.ModelFaulty);
        models.MapPost("/unload", UnloadAsync).WithName("unloadModel").WithSummary("Unloads a model.")
            .WithDescription("Requests that it has are answered.")
            .CanFail(ProblemKinds.ModelNotFound);
    }

    private static async Task<IResult> LoadAsync(string model, HttpContext http, ModelLifecycle lifecycle)
    {
        await RepositoryBody.RefuseParametersAsync(http.Request);
        await lifecycle.LoadAsync(model, http.RequestAborted);
        return Results.Ok();
    }

    private static async Task<IResult> UnloadAsync(string model, HttpContext http, ModelLifecycle lifecycle)
    {
        await RepositoryBody.RefuseParametersAsync(http.Request);
        await lifecycle.UnloadAsync(model, http.RequestAborted);
        return Results.Ok();
    }
}
