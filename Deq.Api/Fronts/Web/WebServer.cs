using System.Net;
using System.Net.Sockets;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Deq.Api.Fronts.Web;

/// <summary>The web server that all fronts share.</summary>
internal static class WebServer
{
    /// <summary>Bytes of a body where no endpoint takes one.</summary>
    private const int UnaskedBodyBytes = 64 << 10;

    /// <summary>The setting of an address for gRPC.</summary>
    private const string RpcAddress = "OpenInference:GrpcUrl";

    /// <summary>Connections that have not been taken up yet: a client that comes and goes must not fill the system's line.</summary>
    private const int WaitingConnections = 4096;

    /// <summary>
    /// Bytes of each connection that the system keeps until they are read; it takes twice that. Left alone it keeps tens of megabytes, and the memory
    /// for all connections is one: where one client's uploads wait, packets of others would be dropped. With half a MiB, two hundred uploads at once kept others
    /// waiting twice as long, for the system had to find fresh memory for all of them.
    /// </summary>
    private const int ReceivedBytes = 128 << 10;

    /// <summary>What keeps the framework from closing all connections when files of certificates change.</summary>
    private const string NoWatch = "Microsoft.AspNetCore.Server.Kestrel.DisableCertificateFileWatching";

    private const string DefaultAddress = "http://127.0.0.1:8080";

    /// <summary>Listens on the loopback address unless configured otherwise, and sends no Server header.</summary>
    public static void AddWebServer(this WebApplicationBuilder builder)
    {
        builder.ConfigureLogs();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ServerSettings>();
        builder.AddSettings<CertificateSettings>(CertificateSettings.Section(builder.Configuration, builder.Environment.ContentRootPath));
        builder.WebHost.ConfigureKestrel(kestrel => Bound(kestrel, builder.Configuration));
        builder.UseSockets();
        FirstCalls.Add(builder);
        IReadOnlyList<string> addresses = ListenAddress.AllIn(builder.Configuration);
        if (addresses.Count == 0)
        {
            addresses = [DefaultAddress];
            builder.WebHost.UseUrls(DefaultAddress);
        }

        string? rpc = builder.Configuration[RpcAddress];
        if (!string.IsNullOrEmpty(rpc))
        {
            ListenForRpc(builder, rpc, addresses);
            addresses = [.. addresses, rpc];
        }

        builder.AddTrustedHosts(addresses);
    }

    /// <summary>Counts requests, and cuts connections at the end once nothing is computed for them.</summary>
    public static void UseOpenConnections(this WebApplication app)
    {
        ModelCatalogue models = app.Services.GetRequiredService<ModelCatalogue>();
        DecodingThreads decoding = app.Services.GetRequiredService<DecodingThreads>();
        OpenConnections.Use(app, () => decoding.Count > 0 || models.IsSolving);
    }

    private static void Bound(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = UnaskedBodyBytes;
        ConnectionLimits.Apply(kestrel, configuration);
        OpenConnections open = kestrel.ApplicationServices.GetRequiredService<OpenConnections>();
        open.Bound(kestrel.Limits.MaxConcurrentConnections, kestrel.Limits.MaxConcurrentUpgradedConnections);

        // The framework would count connections that were refused for their client's share until they are gone, and refuse others for them;
        // of sockets it knows no clients, and refuses one too many with a stack trace.
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        ClientConnection.Watch(kestrel, open);
        Renew(kestrel);
    }

    private static void Renew(KestrelServerOptions kestrel)
    {
        if (kestrel.ApplicationServices.GetRequiredService<CertificateSettings>().OfAll is { } files)
        {
            AppContext.SetSwitch(NoWatch, isEnabled: true);
            ServerCertificate certificate = ActivatorUtilities.CreateInstance<ServerCertificate>(kestrel.ApplicationServices, files);
            kestrel.ConfigureHttpsDefaults(https => https.OnAuthenticate = (_, handshake) => certificate.Give(handshake));
        }
    }

    private static void UseSockets(this WebApplicationBuilder builder)
    {
        // What arrives is handled on the pool thread that received it, and what leaves is sent by the thread that wrote it: each hand-over
        // between the two would wake a thread. Handlers only parse and wait, so they do not hold up other connections.
        // The threads that wait for sockets handle nothing: a client that floods its connections would hold up all others of such a thread.
        // A connection holds a block only while bytes are there.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionBlocks>();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.Backlog = WaitingConnections;
            sockets.MaxReadBufferSize = ConnectionLimits.ReadAheadOf(builder.Configuration);
            sockets.CreateBoundListenSocket = Listening;
        });
    }

    private static Socket Listening(EndPoint address)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        socket.ReceiveBufferSize = ReceivedBytes;
        return socket;
    }

    /// <summary>
    /// Adds an address that speaks HTTP/2 alone. The framework takes addresses or endpoints, not both, so the other addresses become endpoints too.
    /// </summary>
    private static void ListenForRpc(WebApplicationBuilder builder, string rpc, IReadOnlyList<string> addresses)
    {
        const string Endpoints = "Kestrel:Endpoints";
        ConfigurationManager configuration = builder.Configuration;
        var added = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [$"{Endpoints}:Rpc:Url"] = rpc,
            [$"{Endpoints}:Rpc:Protocols"] = nameof(HttpProtocols.Http2),
        };
        if (!configuration.GetSection(Endpoints).Exists())
        {
            foreach ((int place, string url) in addresses.Index())
            {
                added[$"{Endpoints}:Address{place}:Url"] = url;
            }

            builder.Services.AddSingleton<IStartupFilter, EndpointsAlone>();
        }

        configuration.AddInMemoryCollection(added);
    }

    /// <summary>Takes back the addresses that have become endpoints: the framework would warn that it overrides them.</summary>
    /// <remarks>It has them from the host, whose settings can no longer be changed by then.</remarks>
    private sealed class EndpointsAlone : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses.Clear();
            next(app);
        };
    }
}
