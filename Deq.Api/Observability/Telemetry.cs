using Deq.Api.Access;
using Deq.Api.Requests;
using Deq.Runtime.Scheduling.Engine;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Deq.Api.Observability;

/// <summary>Takes what the engines and the web server measure out of the process: Prometheus text at a path, and OTLP where it is configured.</summary>
internal static class Telemetry
{
    /// <summary>Where Prometheus reads.</summary>
    public const string MetricsPath = "/metrics";

    private const string ServiceName = "OTEL_SERVICE_NAME";

    /// <summary>The standard variables of OpenTelemetry that say where to send to; without any of them nothing is sent.</summary>
    private static readonly string[] s_endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<EngineGauges>();
        builder.Services.AddSingleton<StatisticsListener>();
        builder.Services.AddSingleton<RequestLines>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RequestLines>());
        BackgroundFaults.Add(builder.Services);
        bool[] isSet = [.. s_endpoints.Select(key => !string.IsNullOrEmpty(builder.Configuration[key]))];
        bool sendsMetrics = isSet[0] || isSet[1];
        bool sendsTraces = isSet[0] || isSet[2];
        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Configuration[ServiceName] ?? "deq"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(EngineMetrics.Name, ApiMetrics.Name).AddAspNetCoreInstrumentation().AddPrometheusExporter();
                foreach ((string instrument, double[] bounds) in EngineInstruments.Buckets)
                {
                    metrics.AddView(instrument, new ExplicitBucketHistogramConfiguration { Boundaries = bounds });
                }

                if (sendsMetrics)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (sendsTraces)
        {
            telemetry.WithTracing(traces => traces.AddSource(EngineMetrics.Name).AddAspNetCoreInstrumentation().AddOtlpExporter());
        }
    }

    public static void MapMetrics(this WebApplication app)
    {
        // What listens to the engines must be there before the first request.
        app.Services.GetRequiredService<StatisticsListener>();
        app.Services.GetRequiredService<EngineGauges>();
        app.MapPrometheusScrapingEndpoint(MetricsPath).ForRoles(Roles.Observe);
    }
}
