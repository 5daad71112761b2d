using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Deq.Api.Requests;

/// <summary>The connection of a client, whose end is known here as soon as it has been received.</summary>
/// <remarks>
/// The web server tells of the end twice, each time by way of the thread pool's queue, and takes the connection apart in between. When many
/// clients leave at once, the rows of the last would wait for all of that; here nothing comes before them.
/// </remarks>
/// <param name="Gone">Cancelled once nothing more can come. What is registered runs on the thread that receives, and must be short.</param>
internal sealed record ClientConnection(CancellationToken Gone)
{
    /// <summary>Watches every connection.</summary>
    public static void Watch(KestrelServerOptions kestrel) => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
    {
        // Never disposed: it holds no timer, and it is cancelled twice.
        var gone = new CancellationTokenSource();
        connection.Features.Set(new ClientConnection(gone.Token));

        // Deprecated because a reader of another kind might never call it. The connection's own token follows in any case.
#pragma warning disable CS0618
        connection.Transport.Input.OnWriterCompleted((_, source) => ((CancellationTokenSource)source!).Cancel(), gone);
#pragma warning restore CS0618
        connection.ConnectionClosed.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), gone);
        return next(connection);
    }));

    /// <summary>Cancelled when the client of a request has gone away.</summary>
    public static CancellationToken GoneOf(HttpContext http) =>
        HttpProtocol.IsHttp11(http.Request.Protocol) && http.Features.Get<ClientConnection>() is { } connection ? connection.Gone : http.RequestAborted;
}
