using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>A client of a loopback address of its own, which the server tells from others by it.</summary>
/// <param name="server">The server.</param>
/// <param name="address">Such as 127.0.0.2.</param>
internal sealed class ClientAddress(Uri server, string address)
{
    /// <summary>The server.</summary>
    public Uri Server => server;

    /// <summary>A connection.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellation = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(server.Host, server.Port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A client that keeps its connections.</summary>
    public HttpClient NewClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(cancellation), ownsSocket: true),
    })
    {
        BaseAddress = server,
        Timeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>The head of a request.</summary>
    public byte[] Head(string method, string path, string type, int length, string further = "") => Encoding.ASCII.GetBytes(
        $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{further}Content-Type: {type}\r\nContent-Length: {length}\r\n\r\n");
}
