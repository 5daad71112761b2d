using System.Net;
using System.Net.Sockets;
using System.Text;
using Deq.Testing;

namespace Deq.Api.Specs.Clients;

/// <summary>A connection on which a spec writes what it likes, from any address of this machine.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private RawClient()
    {
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects to a server on this machine.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="from">The client's address, one of 127.0.0.0/8.</param>
    public static async Task<RawClient> Connect(Uri server, string from = "127.0.0.1")
    {
        var client = new RawClient();
        client._socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await client._socket.ConnectAsync(IPAddress.Loopback, server.Port, Cancellation);
        return client;
    }

    /// <summary>The head of a request with a body.</summary>
    public static byte[] Head(string path, long length, string type = "image/png") => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {length}\r\n\r\n");

    public async Task Send(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ReadOnlyMemory<byte> left = bytes;
            bytes = left[await Bounded.Wait("A server that reads", async end => await _socket.SendAsync(left, end), Cancellation)..];
        }
    }

    public Task Send(string text) => Send(Encoding.ASCII.GetBytes(text));

    /// <summary>Everything that comes until the server closes the connection.</summary>
    public async Task<string> ReadToEnd()
    {
        using var stream = new NetworkStream(_socket, ownsSocket: false);
        using var reader = new StreamReader(stream);
        try
        {
            return await Bounded.Wait("The end of the connection", reader.ReadToEndAsync, Cancellation);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The first bytes that come.</summary>
    public async Task<string> ReadSome()
    {
        byte[] bytes = new byte[64 << 10];
        return Encoding.UTF8.GetString(bytes, 0, await Bounded.Wait("The first bytes of an answer", async end => await _socket.ReceiveAsync(bytes, end), Cancellation));
    }

    /// <summary>Leaves without a word: the other side sees a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();
}
