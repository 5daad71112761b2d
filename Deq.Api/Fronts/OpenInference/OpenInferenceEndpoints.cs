using System.Text.Json;
using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The Open Inference Protocol, version 2, over REST: <c>/v2/…</c>.</summary>
internal static class OpenInferenceEndpoints
{
    private const string Root = "/v2";
    private const string Model = "/models/{model}";
    private const string Version = Model + "/versions/{version}";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Extensions of the protocol that work here.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["binary_tensor_data", "classification", "model_repository", "parameters", "sequence", "sequence(string_id)", "statistics"];

    public static void AddOpenInference(this WebApplicationBuilder builder)
    {
        builder.AddSettings<OpenInferenceSettings>(OpenInferenceSettings.Section);
        builder.Services.AddSingleton<TensorModels>();
        builder.Services.AddSingleton<RepositoryListing>();
        builder.Services.AddSingleton<InferBody>();
        builder.Services.AddSingleton<InferSequences>();
        builder.Services.AddSingleton<InferCalls>();
    }

    /// <summary>Has problems below <c>/v2</c> say what clients of the protocol look for; before the problems themselves.</summary>
    public static void UseOpenInference(this WebApplication app)
    {
        if (app.Services.GetRequiredService<OpenInferenceSettings>().Rest)
        {
            ProtocolErrors.Use(app);
        }
    }

    public static void MapOpenInference(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<OpenInferenceSettings>().Rest)
        {
            return;
        }

        RouteGroupBuilder group = app.MapGroup(Root).WithTags("Open Inference Protocol").CatchProblems().ForRoles(Roles.Infer | Roles.Observe);
        MapServer(group);
        if (app.Services.GetRequiredService<ModelSettings>().AllowsLoading)
        {
            RepositoryEndpoints.Map(group);
        }

        var infer = new InferEndpoint(app.Services);
        foreach ((string path, string suffix) in new[] { (Model, ""), (Version, "Version") })
        {
            MapModel(group, path, suffix);
            group.MapPost(path + "/infer", (string model, HttpContext http) => infer.AnswerAsync(model, VersionOf(http), http))
                .WithMetadata(new DecodesBodies())
                .LimitClients()
                .ForRoles(Roles.Infer)
                .WithName("infer" + suffix)
                .WithSummary("Solves for tensors.")
                .WithDescription("Every row along the first axis is solved on its own. JSON, or JSON followed by the tensors' bytes; docs/open-inference.md has the parameters.")
                .CanFail([.. InferEndpoint.Problems])
                .Describe((operation, _) => InferDocumentation.Describe(operation));
        }
    }

    private static void MapServer(RouteGroupBuilder group)
    {
        group.MapGet("/", (OpenInferenceSettings settings) => Answer(new ServerMetadata(settings.ServerName, Home.Page.Version, Extensions)))
            .WithName("serverMetadata").WithSummary("The server, and the extensions of the protocol that it has.").Produces<ServerMetadata>();
        group.MapGet("/health/live", () => Answer(new LiveAnswer(true)))
            .ForRoles(Roles.None).WithName("serverLive").WithSummary("Whether the process answers.").Produces<LiveAnswer>();
        group.MapGet("/health/ready", (TensorModels models, IHostApplicationLifetime lifetime) =>
            Readiness(models.AreReady && !lifetime.ApplicationStopping.IsCancellationRequested, ready => new ReadyAnswer(ready)))
            .ForRoles(Roles.None).WithName("serverReady").WithSummary("Whether the server takes requests.").Produces<ReadyAnswer>().Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
        group.MapGet("/models/stats", (TensorModels models, StatisticsListener measured) =>
            Answer(new ModelStatisticsAnswer([.. models.All.Select(model => ModelStatisticsEntry.Of(model, measured.Of(model.Served)))])))
            .ForRoles(Roles.Observe).WithName("allModelStatistics").WithSummary("What was measured of every model.").Produces<ModelStatisticsAnswer>();
        group.MapPost("/repository/index", async (HttpRequest request, RepositoryListing listing) => Answer(await listing.ListAsync(await RepositoryBody.WantsReadyAsync(request))))
            .LimitClients().WithName("repositoryIndex").WithSummary("Lists the models.").Produces<RepositoryEntry[]>()
            .CanFail([.. RepositoryBody.Problems, ProblemKinds.TooManyRequests])
            .Describe((_, context) => context.SchemaRepository.Choose<RepositoryEntry>("state", RepositoryListing.States));
    }

    private static void MapModel(RouteGroupBuilder group, string path, string suffix)
    {
        group.MapGet(path, (string model, HttpContext http, TensorModels models) => Answer(ModelMetadata.Of(models.Find(model, VersionOf(http)))))
            .WithName("modelMetadata" + suffix).WithSummary("The tensors of a model.").Produces<ModelMetadata>().CanFail(ProblemKinds.ModelNotFound)
            .Describe((_, context) => context.SchemaRepository.Choose<TensorMetadata>("datatype", [.. ElementType.All.Select(type => type.Name)]));
        group.MapGet(path + "/ready", (string model, HttpContext http, TensorModels models) =>
            Readiness(models.Find(model, VersionOf(http)).Served.Engine.IsRunning, ready => new ModelReadyAnswer(model, ready)))
            .WithName("modelReady" + suffix).WithSummary("Whether a model takes requests.")
            .Produces<ModelReadyAnswer>().Produces<ModelReadyAnswer>(StatusCodes.Status503ServiceUnavailable).CanFail(ProblemKinds.ModelNotFound);
        group.MapGet(path + "/stats", (string model, HttpContext http, TensorModels models, StatisticsListener measured) =>
        {
            TensorModel served = models.Find(model, VersionOf(http));
            return Answer(new ModelStatisticsAnswer([ModelStatisticsEntry.Of(served, measured.Of(served.Served))]));
        })
            .ForRoles(Roles.Observe).WithName("modelStatistics" + suffix).WithSummary("What was measured of a model.").Produces<ModelStatisticsAnswer>().CanFail(ProblemKinds.ModelNotFound);
    }

    private static string? VersionOf(HttpContext http) => http.GetRouteValue("version") as string;

    private static IResult Answer<T>(T answer) => Results.Json(answer, s_json);

    private static IResult Readiness<T>(bool isReady, Func<bool, T> answer) =>
        Results.Json(answer(isReady), s_json, statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
