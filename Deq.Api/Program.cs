using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Ensembles;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Fronts.OpenInference.Rpc;
using Deq.Api.Fronts.Rest;
using Deq.Api.Fronts.Web;
using Deq.Api.Health;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Page;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Streams;
using Deq.Api.Tasks;

if (Usage.IsAskedFor(args))
{
    return Usage.Write(Console.Out);
}

using var end = new EndRequest();
IConfiguration? configuration = null;
try
{
    SettingsFiles.Check(args);
    WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
    configuration = builder.Configuration;
    builder.Services.AddSingleton(end);
    builder.AddWebServer();
    builder.AddAccess();
    builder.AddRequests();
    builder.AddModels();
    builder.AddMemoryStreams();
    builder.AddTasks();
    builder.AddEnsembles();
    builder.AddOpenInference();
    builder.AddOpenInferenceRpc();
    builder.AddTelemetry();
    builder.AddApiDocument();

    WebApplication app = builder.Build();
    app.OpenModels();
    app.LogMemory();
    app.UseOpenConnections();
    app.AnswerHeadAsGet();
    app.PaceRefusedBodies();
    app.UseRouting();
    app.UseRequestLog();
    app.UseOpenInference();
    app.UseProblems();
    app.UseCallingPages();
    app.RefuseOtherMethods();
    app.UseAccess(app.Services.GetRequiredService<RequestLimits>().ClientHeader);
    app.RefuseEncodedBodies();
    app.UseClientLimit();
    app.UseTrustedOrigins();
    app.UseWebSockets();
    app.UseApiDocument();
    app.MapPage();
    app.MapHealth();
    app.MapMetrics();
    app.MapModels();
    app.MapStatistics();
    app.MapTasks();
    app.MapEnsembles();
    app.MapStreams();
    app.MapOpenInference();
    app.MapOpenInferenceRpc();
    await app.RunAsync(end.Asked);
    return 0;
}
catch (Exception fault) when (end.Ended(fault))
{
    return 0;
}
catch (Exception fault) when (StartFailures.Of(fault, configuration) is { } failure)
{
    return failure.Report(Console.Error);
}
