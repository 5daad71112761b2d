using System.Net;
using System.Net.Sockets;

namespace Deq.Testing;

/// <summary>A port that was free a moment ago, for a server that cannot say which one it took.</summary>
public sealed class FreePort : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public FreePort() => _listener.Start();

    /// <summary>Gives it free, and its number.</summary>
    public int Release()
    {
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _listener.Stop();
        return port;
    }

    public void Dispose() => _listener.Dispose();
}
