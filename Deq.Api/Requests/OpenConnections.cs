using System.Collections.Concurrent;
using System.Net;
using Deq.Api.Access;
using Microsoft.AspNetCore.Connections;

namespace Deq.Api.Requests;

/// <summary>
/// The connections that are open: clients share their number, and those that still wait for a request once the server stops and has given its last answer are cut.
/// Thread-safe.
/// </summary>
internal sealed class OpenConnections(TimeProvider clock)
{
    /// <summary>How long after the last answer connections may stay: it is on its way.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private FairShares? _shares;
    private int _requests;

    /// <summary>Requests that are being handled.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Connections at the moment.</summary>
    public int Count => _open.Count;

    /// <summary>Counts the requests of a server, and cuts the connections that are left when it stops.</summary>
    public static void Use(WebApplication app)
    {
        OpenConnections open = app.Services.GetRequiredService<OpenConnections>();
        app.Use(open.HandleAsync);
        app.Lifetime.ApplicationStopping.Register(() => _ = open.CloseAsync());
    }

    /// <summary>Sets how many there may be; called once, before the first.</summary>
    /// <param name="most">Connections of all clients together; null is no bound.</param>
    public void Bound(long? most) => _shares = most is { } limit ? new FairShares(limit) : null;

    /// <summary>Serves a connection to its end, or cuts it where its client has its share already.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        string client = ClientAddress.NetworkOf((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (_shares?.TryTake(client, 1) == false)
        {
            connection.Abort();
            return;
        }

        _open[connection] = true;
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
            _shares?.Return(client, 1);
        }
    }

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await next(http);
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }

    /// <summary>Cuts what is left once no request is handled any more: half a head would otherwise keep the server up for all of its patience.</summary>
    public async Task CloseAsync()
    {
        while (Requests > 0)
        {
            await Task.Delay(s_look, clock);
        }

        await Task.Delay(s_grace, clock);
        foreach (ConnectionContext connection in _open.Keys)
        {
            connection.Abort();
        }
    }
}
