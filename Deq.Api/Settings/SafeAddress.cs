namespace Deq.Api.Settings;

/// <summary>Addresses that the server may be told to ask.</summary>
internal static class SafeAddress
{
    /// <summary>Whether an address is one of the web whose traffic is encrypted or stays on this machine, and has neither user nor fragment.</summary>
    public static bool Is(Uri address) =>
        (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address.UserInfo.Length == 0 && address.Fragment.Length == 0;
}
