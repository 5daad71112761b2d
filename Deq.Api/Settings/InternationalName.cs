namespace Deq.Api.Settings;

/// <summary>Hosts of addresses with international names in their ASCII form, as browsers and name servers have them.</summary>
internal static class InternationalName
{
    /// <summary>The host, of IPv6 in brackets; null of a name that has no such form.</summary>
    /// <remarks><see cref="Uri"/> takes such a name, and only its <see cref="Uri.IdnHost"/> throws.</remarks>
    public static string? Of(Uri address)
    {
        if (address.HostNameType == UriHostNameType.IPv6)
        {
            return $"[{address.IdnHost}]";
        }

        try
        {
            return address.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }
}
