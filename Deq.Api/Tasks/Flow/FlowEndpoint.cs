using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Tasks;

namespace Deq.Api.Tasks.Flow;

/// <summary><c>POST /api/v1/models/{model}/flow</c>: what moves where between two frames.</summary>
internal static class FlowEndpoint
{
    public const string Name = "flow";

    public static void MapFlow(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/models/{model}/flow", EstimateAsync)
            .RequireAccepted([.. FlowFormat.All.Select(format => format.Type)])
            .CatchProblems()
            .LimitClients()
            .WithTags("Flow")
            .WithName(Name)
            .WithSummary("Estimates the motion between two frames.")
            .WithDescription(
                "Send two frames of the same size as parts frame1 and frame2 of a multipart form. Accept decides whether statistics come back or the flow "
                + "itself. Parameters go into the query or into fields of the form. A small residual does not prove the flow right.")
            .CanFail([.. ProblemKinds.All.Except(
                [ProblemKinds.NotFound, ProblemKinds.MethodNotAllowed, ProblemKinds.TensorShape, ProblemKinds.NonFiniteTensor, ProblemKinds.TooManyImages,
                .. ProblemKinds.OfStreams])]);

    private static async Task<IResult> EstimateAsync(
        string model, HttpContext http, ModelCatalog catalog, BudgetCatalog budgets, PayloadReader reader, HeldBodies bodies, RequestLimits limits,
        AnswerPath path, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        ServedModel served = catalog.Find(model);
        served.Require(ModelTasks.Flow);
        ModelBudgets profiles = budgets.Of(served);
        KeyValuePair<string, string>[] query = SolveRequest.QueryOf(http.Request);
        SolveRequest.Parse(query, profiles, SolveParameter.OfFlow);
        FlowFormat format = FlowFormat.Of(http.Request);
        using HeldBodies.Share share = bodies.Open(model);
        FramesPayload payload = await FramesPayload.ReadAsync(http.Request, served, reader, share, limits);
        var asked = SolveRequest.Parse([.. query, .. payload.Parameters], profiles, SolveParameter.OfFlow);
        var grant = SolveGrant.Of(asked, served.Manifest, limits);
        long submitted = clock.GetTimestamp();
        TimeSpan time = path.Left(TimeSpan.FromMilliseconds(grant.DeadlineMs), begun);
        (EstimatedMotion motion, SolveReport solve) = await FlowEstimation.EstimateAsync(
            served, payload.Frames, grant, time, flow => EstimatedMotion.Of(flow, format), start: default, http.RequestAborted);
        path.NoteWhenSent(http.Response, submitted, TimeSpan.FromMilliseconds(solve.SpentMs));
        RequestRecord.Of(http).Note([solve]);
        if (asked.RequireConverged)
        {
            Unconverged.Refuse([solve]);
        }

        var answer = new FlowAnswer(served.Manifest.Name, served.Manifest.Version, served.Sha256, motion.Statistics, solve);
        foreach ((string name, string value) in SolveHeaders.Of(answer, format == FlowFormat.Colours ? motion.Scale : null))
        {
            http.Response.Headers[name] = value;
        }

        return motion.Body is { } body ? Results.Bytes(body, format.Type) : Results.Ok(answer);
    }
}
