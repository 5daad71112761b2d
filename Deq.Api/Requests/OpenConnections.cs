using System.Collections.Concurrent;
using System.Net;
using Deq.Api.Access;
using Deq.Api.Problems;
using Microsoft.AspNetCore.Connections;

namespace Deq.Api.Requests;

/// <summary>
/// The connections that are open, and of them the sockets: clients share their numbers, and those that still wait for a request, or for their client to read, once the
/// server stops and has computed its last answer are cut.
/// Thread-safe.
/// </summary>
internal sealed class OpenConnections(TimeProvider clock)
{
    /// <summary>How long after the last answer connections may stay: it is on its way.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>How long nothing need be computed until requests that are left only wait for their clients.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>How often clients are looked for that have left behind what they have sent.</summary>
    private static readonly TimeSpan s_lookForLeft = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<ConnectionContext, ClientConnection?> _open = new();
    private FairShares? _shares;
    private FairShares? _sockets;
    private int _requests;
    private long _sentAt;

    /// <summary>Requests that are being handled.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Connections at the moment.</summary>
    public int Count => _open.Count;

    /// <summary>Counts the requests of a server, and cuts the connections that are left when it stops.</summary>
    /// <param name="app">The server.</param>
    /// <param name="isComputing">Whether anything is being computed, or waits to be.</param>
    public static void Use(WebApplication app, Func<bool> isComputing)
    {
        OpenConnections open = app.Services.GetRequiredService<OpenConnections>();
        app.Use(open.HandleAsync);
        app.Lifetime.ApplicationStopped.Register(open.BeginLooking().Dispose);
        app.Lifetime.ApplicationStopping.Register(() => _ = open.CloseAsync(isComputing));
    }

    /// <summary>Sets how many there may be; called once, before the first.</summary>
    /// <param name="most">Connections of all clients together; null is no bound.</param>
    /// <param name="mostSockets">Of them, sockets; null is no bound.</param>
    public void Bound(long? most, long? mostSockets) => (_shares, _sockets) = (SharesOf(most), SharesOf(mostSockets));

    /// <summary>Takes a place for a socket until it is disposed.</summary>
    /// <exception cref="ProblemException">The client has its share of them.</exception>
    public IDisposable TakeSocket(string client) => _sockets is null || _sockets.TryTake(client, 1)
        ? new SocketPlace(_sockets, client)
        : throw new ProblemException(ProblemKinds.Overloaded, $"You have your share of the {_sockets.Limit} sockets that may be open; close one of yours, or send frames by POST.")
            .WithLimit(_sockets.Limit).WithRetryAfter(ProblemException.DefaultRetryAfter);

    /// <summary>Serves a connection to its end, or cuts it where its client has its share already.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="watched">Knows when its client leaves; null where nobody asks.</param>
    /// <param name="next">Serves it.</param>
    public async Task ServeAsync(ConnectionContext connection, ClientConnection? watched, ConnectionDelegate next)
    {
        string client = ClientAddress.NetworkOf((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (_shares?.TryTake(client, 1) == false)
        {
            connection.Abort();
            return;
        }

        _open[connection] = watched;
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

    /// <summary>Notes that a piece of an answer has left: its client reads.</summary>
    public void NoteSent() => Interlocked.Exchange(ref _sentAt, clock.GetTimestamp());

    /// <summary>
    /// Cuts what is left once no request is handled any more, or nothing has been computed or sent for a while: half a head, or an answer that nobody reads, would otherwise
    /// keep the server up for all of its patience.
    /// </summary>
    /// <param name="isComputing">Whether anything is being computed, or waits to be.</param>
    public async Task CloseAsync(Func<bool> isComputing)
    {
        long last = clock.GetTimestamp();
        while (Requests > 0 && clock.GetElapsedTime(last) < Patience)
        {
            await Task.Delay(s_look, clock);
            last = isComputing() ? clock.GetTimestamp() : Math.Max(last, Interlocked.Read(ref _sentAt));
        }

        await Task.Delay(Grace, clock);
        foreach (ConnectionContext connection in _open.Keys)
        {
            connection.Abort();
        }
    }

    /// <summary>Looks now and then, until it is disposed, for clients that have left behind what they have sent.</summary>
    private ITimer BeginLooking() => clock.CreateTimer(_ => LookForLeft(), null, s_lookForLeft, s_lookForLeft);

    private void LookForLeft()
    {
        foreach (ClientConnection? client in Requests > 0 ? _open.Values : [])
        {
            client?.Look();
        }
    }

    private static FairShares? SharesOf(long? most) => most is { } limit ? new FairShares(limit) : null;

    private sealed class SocketPlace(FairShares? shares, string client) : IDisposable
    {
        private FairShares? _shares = shares;

        public void Dispose() => Interlocked.Exchange(ref _shares, null)?.Return(client, 1);
    }
}
