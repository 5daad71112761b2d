using Deq.Api.Documentation;
using Deq.Api.Health;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Page;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Streams;
using Deq.Api.Tasks.Classification;
using Deq.Api.Tasks.Flow;

try
{
    SocketThreads.GoOnInline();
    WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
    builder.ConfigureLogs();
    builder.ConfigureWebServer();
    builder.AddServing();
    builder.AddClientLimit();
    builder.AddTelemetry();
    builder.AddApiDocument();

    WebApplication app = builder.Build();
    app.OpenModels();
    app.UseRequestLog();
    app.UseProblems();
    app.UseRateLimiter();
    app.UseWebSockets();
    app.UseApiDocument();
    app.MapPage();
    app.MapHealth();
    app.MapMetrics();
    app.MapModels();
    app.MapClassification();
    app.MapFlow();
    app.MapStreams();
    await app.RunAsync();
    return 0;
}
catch (StartupException faults)
{
    return faults.Report(Console.Error);
}
