using System.Net;
using Deq.Api.Access;
using Deq.Api.Models;
using Deq.Api.Tasks;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Deq.Api.Fronts.Web;

/// <summary>A web server that calls itself before it listens, so that no client is the first.</summary>
/// <remarks>
/// First calls compile code and open lanes, which takes ten times what later ones take: the first client with a deadline would miss it, and what engines had measured by
/// then would have the next refused. The calls take the way of every request but for the socket, are let in without a key and are not logged one by one.
/// </remarks>
/// <param name="server">Listens.</param>
/// <param name="models">What is served.</param>
/// <param name="tasks">Say what a call of each kind is.</param>
/// <param name="hosts">Which hosts are served: a call names one of them.</param>
/// <param name="clock">Measures time.</param>
/// <param name="logger">Told once.</param>
internal sealed partial class FirstCalls(
    IServer server, ModelCatalogue models, ServedTasks tasks, IOptions<HostFilteringOptions> hosts, TimeProvider clock, ILogger<FirstCalls> logger) : IServer
{
    /// <summary>Calls of each model: the first compiles, and what is measured of it does not count; the others tell what it takes.</summary>
    private const int Rounds = 3;

    /// <summary>Bytes of a call that is refused: several pieces of a body, and no image.</summary>
    private const int RefusedBytes = 300 << 10;

    // In a list of hosts, and a name that it stands for.
    private const string Any = "*";
    private const string Some = "first";

    /// <summary>No call begins after so long.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(4);

    public IFeatureCollection Features => server.Features;

    /// <summary>Has the web server that is registered call itself first.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        Type listening = builder.Services.Last(service => service.ServiceType == typeof(IServer)).ImplementationType!;
        builder.Services.Replace(ServiceDescriptor.Singleton<IServer>(services =>
            ActivatorUtilities.CreateInstance<FirstCalls>(services, ActivatorUtilities.CreateInstance(services, listening))));
    }

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        long begun = clock.GetTimestamp();
        int calls = 0;
        var refused = new HashSet<string>(StringComparer.Ordinal);
        foreach (ServedModel model in Enumerable.Repeat(models.All, Rounds).SelectMany(all => all))
        {
            if (clock.GetElapsedTime(begun) >= s_most || cancellationToken.IsCancellationRequested)
            {
                break;
            }

            if (tasks.Find(model.Manifest.Task) is { } task && task.FirstCall(model.Manifest) is { } content)
            {
                using HttpContent body = content;
                string path = $"/api/v1/models/{model.Manifest.Name}/{task.Path}", type = $"{body.Headers.ContentType}";
                await CallAsync(application, path, type, await body.ReadAsByteArrayAsync(cancellationToken));
                calls++;
                if (refused.Add(task.Path))
                {
                    // The refusal of each task is compiled too: what clients send in a burst is mostly refused.
                    await CallAsync(application, path, type, new byte[RefusedBytes]);
                }
            }
        }

        LogCalls(logger, calls, clock.GetElapsedTime(begun).TotalMilliseconds);
        await server.StartAsync(application, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose() => server.Dispose();

    /// <summary>A host that is served.</summary>
    private string Host => hosts.Value.AllowedHosts?.FirstOrDefault() is { } host && host != Any ? host.Replace(Any, Some, StringComparison.Ordinal) : "localhost";

    private async Task CallAsync<TContext>(IHttpApplication<TContext> application, string path, string type, byte[] body)
        where TContext : notnull
    {
        var request = new HttpRequestFeature
        {
            Method = HttpMethods.Post,
            Scheme = Uri.UriSchemeHttp,
            Protocol = HttpProtocol.Http11,
            Path = path,
            Body = new MemoryStream(body, writable: false),
            Headers = { Host = Host, ContentType = type, ContentLength = body.Length },
        };
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = IPAddress.Loopback });
        features.Set(Caller.Server);
        TContext context = application.CreateContext(features);
        try
        {
            await application.ProcessRequestAsync(context);
            application.DisposeContext(context, exception: null);
        }
        catch (Exception fault)
        {
            // What is wrong will be said to the first client that asks the same.
            application.DisposeContext(context, fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Called its models {Calls} times before listening, in {Ms:0} ms")]
    private static partial void LogCalls(ILogger logger, int calls, double ms);
}
