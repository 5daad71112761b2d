namespace Deq.Api.Requests;

/// <summary>Text of clients, as problems quote it.</summary>
internal static class ClientText
{
    private const int Most = 64;

    public static string Shorten(this string text) => text.Length <= Most ? text : text[..Most] + "…";
}
