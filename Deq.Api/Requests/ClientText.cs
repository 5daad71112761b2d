namespace Deq.Api.Requests;

/// <summary>Text of clients, as problems quote it.</summary>
internal static class ClientText
{
    private const int Most = 64;

    /// <summary>The name of a parameter, also where it is empty.</summary>
    public static string Named(this string name) => name.Length == 0 ? "an empty name" : name.Shorten();

    public static string Shorten(this string text) => text.Length <= Most ? text : text[..Most] + "…";
}
