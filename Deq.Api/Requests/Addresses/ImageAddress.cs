using System.Net;
using Deq.Api.Problems;
using Deq.Api.Settings;

namespace Deq.Api.Requests.Addresses;

/// <summary>What can be refused of an address by reading it, before any name is resolved.</summary>
internal static class ImageAddress
{
    private const int MostCharacters = 2048;

    /// <summary>The address, and the entry of the allowed hosts that it fits.</summary>
    /// <param name="text">What a client sent.</param>
    /// <param name="settings">Which hosts are allowed.</param>
    /// <exception cref="ProblemException">It is not one to fetch from.</exception>
    public static (Uri Address, string Host) Read(string text, ImageAddressSettings settings)
    {
        if (text.Length > MostCharacters || !Uri.TryCreate(text, UriKind.Absolute, out Uri? address))
        {
            throw Refuse($"it is no absolute address of at most {MostCharacters} characters");
        }

        if (address.Scheme != Uri.UriSchemeHttps && !(settings.AllowsHttp && address.Scheme == Uri.UriSchemeHttp))
        {
            throw Refuse(settings.AllowsHttp ? "its scheme is neither https nor http" : "its scheme is not https");
        }

        if (address.UserInfo.Length > 0)
        {
            throw Refuse("it has a user");
        }

        if (InternationalName.Of(address) is not { } host)
        {
            throw Refuse("its host is no name that there can be");
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? number) && !PublicAddresses.Has(number))
        {
            throw Refuse("its host is no public address");
        }

        return settings.AllowedHosts.FirstOrDefault(entry => Fits(entry, address, host)) is { } allowed
            ? (address, allowed)
            : throw Refuse("its host or port is not among those allowed");
    }

    private static bool Fits(string entry, Uri address, string host)
    {
        int colon = entry.LastIndexOf(':');
        bool hasPort = colon > entry.LastIndexOf(']');
        string name = hasPort ? entry[..colon] : entry;
        return (hasPort ? entry[(colon + 1)..] == address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) : address.IsDefaultPort)
            && (name == "*" || (name.StartsWith("*.", StringComparison.Ordinal)
                ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
                : host.Equals(name, StringComparison.OrdinalIgnoreCase)));
    }

    private static ProblemException Refuse(string reason) => new(ProblemKinds.ImageAddressRefused, $"imageUrl is not fetched: {reason}.");
}
