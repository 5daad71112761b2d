using System.Net;
using System.Net.Sockets;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Microsoft.AspNetCore.Connections;
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

    private const string DefaultAddress = "http://127.0.0.1:8080";

    /// <summary>Listens on the loopback address unless configured otherwise, and sends no Server header.</summary>
    public static void AddWebServer(this WebApplicationBuilder builder)
    {
        builder.ConfigureLogs();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ServerSettings>();
        builder.WebHost.ConfigureKestrel(kestrel => Bound(kestrel, builder.Configuration));
        builder.UseSockets();
        FirstCalls.Add(builder);
        string[] addresses = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
        bool isAddressed = addresses.Any(key => !string.IsNullOrEmpty(builder.Configuration[key]))
            || builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        if (!isAddressed)
        {
            builder.WebHost.UseUrls(DefaultAddress);
        }

        bool isLoopback = !isAddressed || (addresses.Skip(1).All(key => string.IsNullOrEmpty(builder.Configuration[key]))
            && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists() && TrustedHosts.AreLoopback(builder.Configuration[WebHostDefaults.ServerUrlsKey]!));
        string? rpc = builder.Configuration[RpcAddress];
        if (!string.IsNullOrEmpty(rpc))
        {
            ListenForRpc(builder, rpc, isAddressed);
        }

        builder.AddTrustedHosts(isLoopback && (string.IsNullOrEmpty(rpc) || TrustedHosts.AreLoopback(rpc)));
    }

    private static void Bound(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = UnaskedBodyBytes;
        ConnectionLimits.Apply(kestrel, configuration);
        OpenConnections open = kestrel.ApplicationServices.GetRequiredService<OpenConnections>();
        open.Bound(kestrel.Limits.MaxConcurrentConnections);

        // The framework would count connections that were refused for their client's share until they are gone, and refuse others for them.
        kestrel.Limits.MaxConcurrentConnections = null;
        ClientConnection.Watch(kestrel, open);
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
    private static void ListenForRpc(WebApplicationBuilder builder, string rpc, bool isAddressed)
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
            string[] urls =
            [
                .. Listed(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}"),
                .. Listed(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}"),
            ];
            string[] given = [.. Listed(configuration[WebHostDefaults.ServerUrlsKey])];
            foreach ((int place, string url) in (!isAddressed ? [DefaultAddress] : given.Length > 0 ? given : urls).Index())
            {
                added[$"{Endpoints}:Address{place}:Url"] = url;
            }
        }

        configuration.AddInMemoryCollection(added);
        static string[] Listed(string? text) => (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
