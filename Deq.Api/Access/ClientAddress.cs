using System.Net;
using System.Net.Sockets;

namespace Deq.Api.Access;

/// <summary>Which network a client is in.</summary>
internal static class ClientAddress
{
    /// <summary>
    /// What the header says where one is set and sent, otherwise the remote address. Of a list, such as <c>X-Forwarded-For</c>, the last entry counts: the nearest
    /// proxy wrote it, while a client can write those before. Of an IPv6 address the first 64 bits count: a client that has one such address has the 2⁶⁴ beside it
    /// (RFC 6177). A port, which some proxies write behind the address, is another at each connection and does not count. Anything but an address counts as it is.
    /// </summary>
    public static string Of(HttpContext http, string? header)
    {
        string given = header is null ? "" : http.Request.Headers[header].ToString();
        string last = given[(given.LastIndexOf(',') + 1)..].Trim();
        return last.Length == 0 ? "address " + NetworkOf(http.Connection.RemoteIpAddress)
            : "header " + (AddressIn(last) is { } address ? NetworkOf(address) : last);
    }

    /// <summary>The address that a text is, with a port or without; null for none. Of IPv4 only all four numbers are one: parsers take <c>7</c> and <c>7:12</c> as well, which are keys of clients.</summary>
    private static IPAddress? AddressIn(string text) =>
        IPEndPoint.TryParse(text, out IPEndPoint? end) && (end.AddressFamily == AddressFamily.InterNetworkV6 || text.Split(':')[0] == end.Address.ToString())
            ? end.Address
            : null;

    /// <summary>The address itself, or the network of 64 bits that an IPv6 address lies in.</summary>
    public static string NetworkOf(IPAddress? address)
    {
        if (address is null or { AddressFamily: not AddressFamily.InterNetworkV6 })
        {
            return address?.ToString() ?? "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes) + "/64";
    }
}
