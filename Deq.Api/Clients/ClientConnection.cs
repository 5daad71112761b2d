using Microsoft.AspNetCore.Connections.Features;

namespace Deq.Api.Clients;

/// <summary>Whether the client is still there.</summary>
internal static class ClientConnection
{
    /// <summary>Cancelled when the client has gone away.</summary>
    /// <remarks>
    /// Over HTTP/1 a request ends with its connection, and the connection's own token comes first: that of the request follows one hand-over to
    /// the thread pool later, behind those of all clients that left at the same time.
    /// </remarks>
    public static CancellationToken ClientGone(this HttpContext http) =>
        HttpProtocol.IsHttp11(http.Request.Protocol) && http.Features.Get<IConnectionLifetimeFeature>() is { } connection
            ? connection.ConnectionClosed
            : http.RequestAborted;
}
