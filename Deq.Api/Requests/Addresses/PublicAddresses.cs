using System.Net;
using System.Net.Sockets;

namespace Deq.Api.Requests.Addresses;

/// <summary>Which addresses belong to the public internet. Source: the registries of special-purpose addresses of IANA (RFC 6890).</summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] s_special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>All that is allocated to the public: what is outside is loopback, link-local, unique-local, multicast, or holds an IPv4 address.</summary>
    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");

    /// <summary>Whether an address is public. IPv4 addresses written as IPv6 are not, whichever they are.</summary>
    /// <remarks>Those are left out first: <see cref="IPNetwork.Contains"/> of .NET 10 finds them in 2000::/3.</remarks>
    public static bool Has(IPAddress address) =>
        !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == AddressFamily.InterNetwork || (address.AddressFamily == AddressFamily.InterNetworkV6 && s_global.Contains(address)))
        && !Array.Exists(s_special, network => network.Contains(address));
}
