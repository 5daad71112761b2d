using System.Net.Sockets;
using Deq.Api.Problems;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Deq.Api.Requests;

/// <summary>The connection of a client, whose end is known here as soon as it has been received.</summary>
/// <remarks>
/// The web server tells of the end twice, each time by way of the thread pool's queue, and takes the connection apart in between. When many
/// clients leave at once, the rows of the last would wait for all of that; here nothing comes before them.
/// </remarks>
internal sealed class ClientConnection
{
    // Of the level and the option that tell a connection's state, and of the states those in which the other side has ended it.
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const byte CloseWait = 8;
    private const byte LastAcknowledgement = 9;

    private readonly Func<Task> _leave;
    private readonly Socket? _socket;

    private ClientConnection(ConnectionContext connection)
    {
        // Never disposed: it holds no timer, and it is cancelled twice.
        var gone = new CancellationTokenSource();
        (Gone, _leave) = (gone.Token, gone.CancelAsync);
        _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;

        // Deprecated because a reader of another kind might never call it. The connection's own token follows in any case.
#pragma warning disable CS0618
        connection.Transport.Input.OnWriterCompleted((_, source) => ((CancellationTokenSource)source!).Cancel(), gone);
#pragma warning restore CS0618
        connection.ConnectionClosed.UnsafeRegister(source => ((CancellationTokenSource)source!).Cancel(), gone);
    }

    /// <summary>Cancelled once nothing more can come. What is registered runs on the thread that receives, and must be short.</summary>
    public CancellationToken Gone { get; }

    /// <summary>
    /// Notices that the client has left although bytes of it wait to be read: the web server reads ahead so far alone, and sees an end only once it has read what comes before.
    /// Linux tells; elsewhere such a client is noticed when its bytes have been read.
    /// </summary>
    public void Look()
    {
        if (!Gone.IsCancellationRequested && _socket is not null && OperatingSystem.IsLinux() && HasEnded(_socket))
        {
            _ = _leave();
        }
    }

    private static bool HasEnded(Socket socket)
    {
        Span<byte> state = stackalloc byte[1];
        try
        {
            return socket.GetRawSocketOption(Tcp, TcpInfo, state) > 0 && state[0] is CloseWait or LastAcknowledgement;
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The web server has taken the connection apart, and says so itself.
            return false;
        }
    }

    /// <summary>Watches every connection.</summary>
    /// <param name="kestrel">Whose connections.</param>
    /// <param name="open">Counts them.</param>
    public static void Watch(KestrelServerOptions kestrel, OpenConnections open) => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection =>
    {
        var client = new ClientConnection(connection);
        connection.Features.Set(client);
        return open.ServeAsync(connection, client, next);
    }));

    /// <summary>Cancelled when the client of a request has gone away.</summary>
    public static CancellationToken GoneOf(HttpContext http) =>
        HttpProtocol.IsHttp11(http.Request.Protocol) && http.Features.Get<ClientConnection>() is { } connection ? connection.Gone : http.RequestAborted;
}

/// <summary>Ends requests whose client may have left.</summary>
internal static class ClientDeparture
{
    /// <summary>Ends a request whose body ended early: with a problem, unless the client has left.</summary>
    public static Task EndEarlyAsync(this HttpContext http)
    {
        if (!ClientConnection.GoneOf(http).IsCancellationRequested)
        {
            return http.WriteProblemAsync(ProblemPipeline.EndedEarly());
        }

        http.NoteClientGone();
        return Task.CompletedTask;
    }
}
