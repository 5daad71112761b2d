using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Ensembles;

/// <summary>Ensembles of served models: what they are, their votes, feedback and trust.</summary>
internal static class EnsembleServing
{
    private const string Root = "/api/v1/ensembles";

    public static void AddEnsembles(this WebApplicationBuilder builder)
    {
        builder.AddSettings<EnsembleSettings>(EnsembleSettings.Section);
        builder.Services.AddSingleton(services => new EnsembleOpening(
            services.GetRequiredService<ModelCatalogue>(),
            services.GetRequiredService<ServedTasks>(),
            services.GetRequiredService<BudgetCatalogue>(),
            services.GetRequiredService<RequestLimits>(),
            services.GetRequiredService<ILogger<EnsembleOpening>>())
            .Open(services.GetRequiredService<EnsembleSettings>().Directory, services.GetRequiredService<IHostEnvironment>().ContentRootPath));
        builder.Services.AddSingleton(services => OpenStore(services.GetRequiredService<EnsembleSettings>().Database, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<EnsembleTrust>();
        builder.Services.AddSingleton<StoreFaults>();
        builder.Services.AddSingleton<KeptAnswers>();
        builder.Services.AddSingleton<EnsembleGauges>();
        builder.Services.AddHostedService<AnswerExpiry>();
        builder.Services.ConfigureSwaggerGen(options => options.DocumentFilter<EnsembleNameDocumentation>());
    }

    public static void MapEnsembles(this WebApplication app)
    {
        MapDescriptions(app);
        if (app.Services.GetRequiredService<EnsembleCatalogue>().All.Count == 0)
        {
            return;
        }

        app.Services.GetRequiredService<EnsembleGauges>();
        MapVotes(app);
        MapTrust(app);
    }

    /// <summary>Opens the store where it is set to be; otherwise among the user's application data.</summary>
    private static TrustStore OpenStore(string? path, TimeProvider clock)
    {
        try
        {
            return TrustStore.Open(path ?? DataFolder.Require("trust.db", "Ensembles:Database"), clock);
        }
        catch (TrustStoreException fault)
        {
            throw new StartupException($"{fault.Message} Set Ensembles:Database to a file that can be written.", fault);
        }
    }

    private static void MapDescriptions(WebApplication app)
    {
        RouteGroupBuilder group = app.MapGroup(Root).WithTags("Ensembles").ForRoles(Roles.Infer | Roles.Observe).RequireAccepted(AcceptHeader.Json)
            .CatchProblems().CatchStoreFaults().LimitClients().CanFail(ProblemKinds.NotAcceptable, ProblemKinds.TooManyRequests, ProblemKinds.Overloaded);
        group.MapGet("/", (EnsembleCatalogue ensembles, IServiceProvider services) => TypedResults.Ok(new EnsembleList([.. ensembles.All.Select(each => Describe(each, services))])))
            .WithName("listEnsembles")
            .WithSummary("Lists the ensembles.")
            .WithDescription("Every ensemble with its members, the trust in each, and belief against truth of the answers with feedback.");
        group.MapGet("/{ensemble}", Ok<EnsembleDescription> (string ensemble, EnsembleCatalogue ensembles, IServiceProvider services) =>
                TypedResults.Ok(Describe(ensembles.Find(ensemble), services)))
            .WithName("describeEnsemble")
            .WithSummary("Describes one ensemble.")
            .WithDescription("Its members, the trust in each with its interval, the accuracy believed of its vote, and belief against truth of the answers with feedback.")
            .CanFail(ProblemKinds.EnsembleNotFound);
    }

    private static void MapVotes(WebApplication app)
    {
        TimeProvider clock = app.Services.GetRequiredService<TimeProvider>();
        foreach (IServedTask task in app.Services.GetRequiredService<ServedTasks>().All.Where(task => task.VoteOf is not null))
        {
            app.MapPost($"{Root}/{{ensemble}}/{task.Path}", new EnsembleEndpoint(task, new AnswerPath(clock), app.Services).AnswerAsync)
                .RequireAccepted(AcceptHeader.Json)
                .CatchProblems()
                .CatchStoreFaults()
                .LimitClients()
                .ForRoles(Roles.Infer)
                .WithTags("Ensembles")
                .WithName($"{task.Path}ByEnsemble")
                .WithSummary("Has the members of an ensemble vote on one input, or several.")
                .WithDescription(
                    "Takes the bodies of the task itself. Answers votes, weights, the label and how probable it is. "
                    + "With accuracy members are asked one after another, most weight per cost first, until the posterior reaches it.")
                .CanFail([.. EnsembleProblems.OfVotes, .. task.Problems])
                .Describe((operation, context) => EnsembleDocumentation.Describe(task, operation, context));
        }
    }

    private static void MapTrust(WebApplication app)
    {
        var endpoints = new TrustEndpoints(app.Services);
        RouteGroupBuilder group = app.MapGroup($"{Root}/{{ensemble}}").WithTags("Ensembles").RequireAccepted(AcceptHeader.Json).CatchProblems().CatchStoreFaults().LimitClients()
            .CanFail(ProblemKinds.NotAcceptable, ProblemKinds.EnsembleNotFound, ProblemKinds.TooManyRequests, ProblemKinds.Overloaded);
        group.MapPost("/feedback", endpoints.FeedbackAsync)
            .ForRoles(Roles.Infer)
            .WithName("giveFeedback")
            .WithSummary("Says what the true label of an answer was.")
            .WithDescription("Counts each vote of the answer as right or wrong, once. Answered when that is on disk.")
            .Describe(EnsembleDocumentation.DescribeBody<EnsembleFeedback>)
            .Produces<FeedbackReceipt>()
            .CanFail([.. EnsembleProblems.OfBodies, ProblemKinds.AnswerNotFound, ProblemKinds.FeedbackRepeated, ProblemKinds.FeedbackConflict]);
        group.MapGet("/trust", endpoints.Export)
            .ForRoles(Roles.Observe | Roles.Manage)
            .WithName("exportTrust")
            .WithSummary("Gives the counts of right and wrong votes.")
            .WithDescription("What feedback and imports have counted, without what the ensemble's file says.");
        group.MapPut("/trust", endpoints.ImportAsync)
            .ForRoles(Roles.Manage)
            .WithName("importTrust")
            .WithSummary("Sets the counts of right and wrong votes.")
            .WithDescription("Takes a document as GET answers it; the counts are its own afterwards, and later feedback adds to them.")
            .Describe(EnsembleDocumentation.DescribeBody<TrustDocument>)
            .Produces<TrustDocument>()
            .CanFail([.. EnsembleProblems.OfBodies]);
    }

    private static EnsembleDescription Describe(Ensemble ensemble, IServiceProvider services)
    {
        EnsembleTrust trust = services.GetRequiredService<EnsembleTrust>();
        return EnsembleDescription.Of(ensemble, trust.Of(ensemble), trust.Belief(ensemble));
    }
}

/// <summary>The problems that the paths of ensembles can answer with.</summary>
internal static class EnsembleProblems
{
    /// <summary>Of paths that take JSON.</summary>
    public static IReadOnlyList<ProblemKind> OfBodies { get; } =
    [
        ProblemKinds.MalformedRequest, ProblemKinds.InvalidParameter, ProblemKinds.MissingBody, ProblemKinds.BodyTooSlow, ProblemKinds.BodyTooLarge,
        ProblemKinds.UnsupportedMediaType, ProblemKinds.Overloaded,
    ];

    /// <summary>Of votes, beside those of the task's inputs.</summary>
    public static IReadOnlyList<ProblemKind> OfVotes { get; } =
    [
        .. OfBodies, ProblemKinds.UnknownParameter, ProblemKinds.ConflictingParameter, ProblemKinds.WrongTask, ProblemKinds.EnsembleNotFound, ProblemKinds.NotAcceptable,
        ProblemKinds.AccuracyNotReached, ProblemKinds.TooManyRequests, ProblemKinds.InvalidInput, ProblemKinds.Diverged, ProblemKinds.QueueFull, ProblemKinds.DeadlineUnreachable, ProblemKinds.Stopping,
    ];
}
