using System.Net;
using System.Net.Sockets;

namespace Deq.Api.Requests.Addresses;

/// <summary>
/// Connects to public addresses alone. The addresses that a name resolves to are checked and then connected to by number, so that a second look-up with another
/// answer has no say; the check is made once more on the address at the other end.
/// </summary>
/// <param name="Resolve">Gives the addresses of a name.</param>
/// <param name="IsAllowed">Whether an address may be connected to.</param>
internal sealed record CheckedConnection(Func<string, CancellationToken, Task<IPAddress[]>> Resolve, Func<IPAddress, bool> IsAllowed)
{
    /// <summary>Connections to one host at one time, of all clients together.</summary>
    public const int MostToOneHost = 32;

    /// <summary>By the machine's resolver, to public addresses.</summary>
    public static CheckedConnection OfThisMachine { get; } = new(Dns.GetHostAddressesAsync, PublicAddresses.Has);

    /// <summary>The handler that fetches with it: without redirects, proxies, cookies and headers that say who is asking.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        ConnectCallback = async (context, cancellation) => await ConnectAsync(context.DnsEndPoint, cancellation),
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        Credentials = null,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = MostToOneHost,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    };

    /// <exception cref="ForbiddenAddressException">The name has an address that is not allowed.</exception>
    private async Task<Stream> ConnectAsync(DnsEndPoint server, CancellationToken cancellation)
    {
        IPAddress[] addresses = IPAddress.TryParse(server.Host, out IPAddress? number) ? [number] : await Resolve(server.Host, cancellation);
        if (addresses.Length == 0 || !addresses.All(IsAllowed))
        {
            throw new ForbiddenAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, server.Port, cancellation);
            return socket.RemoteEndPoint is IPEndPoint end && IsAllowed(Plain(end.Address)) ? new NetworkStream(socket, ownsSocket: true) : throw new ForbiddenAddressException();
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket for both protocols reports IPv4 addresses, which were checked as such, in the form of IPv6.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

/// <summary>A name has an address that is not allowed.</summary>
internal sealed class ForbiddenAddressException() : IOException("The address is not allowed.");
