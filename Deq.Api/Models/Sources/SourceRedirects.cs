using System.Net;
using System.Net.Http.Headers;
using Deq.Api.Settings;

namespace Deq.Api.Models.Sources;

/// <summary>Where an answer redirects to. Each step keeps the rule of the settings, because the server that answers decides it.</summary>
internal static class SourceRedirects
{
    /// <summary>How many are followed for one file.</summary>
    public const int Most = 5;

    /// <summary>Whether an answer is a redirect that says where to.</summary>
    public static bool IsRedirect(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MultipleChoices or HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect
            or HttpStatusCode.PermanentRedirect
        && response.Headers.NonValidated.Contains("Location");

    /// <summary>The address to ask instead.</summary>
    /// <param name="response">A redirect.</param>
    /// <param name="asked">The address that it answers.</param>
    /// <param name="source">The address of the file in the settings, whose query may be a secret.</param>
    /// <param name="path">The file, for the fault.</param>
    /// <exception cref="SourceException">It must not be asked.</exception>
    public static Uri Next(HttpResponseMessage response, Uri asked, Uri source, string path)
    {
        Uri? next = AddressOf(response.Headers.NonValidated["Location"], asked);
        string? fault =
            next is null ? "to what is no address"
            : !SafeAddress.Is(next) ? "to an address that is not https without user and fragment (http on the loopback address alone)"
            : asked.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps ? "from https to http"
            : source.Query.Length > 1 && next.Authority != source.Authority && next.Query.Contains(source.Query[1..], StringComparison.Ordinal) ? "to another server with the query of its address, which may be a secret"
            : null;
        return fault is null ? next! : throw new SourceException(SourceOutcomes.Status, $"{path} is redirected {fault}.", mayPass: false);
    }

    /// <summary>Paths are resolved by hand: on Unix the parser takes <c>/a</c> for a file.</summary>
    private static Uri? AddressOf(HeaderStringValues location, Uri asked)
    {
        string text = location.Count == 1 ? location.ToString().Trim() : "";
        string whole =
            text.StartsWith("//", StringComparison.Ordinal) ? $"{asked.Scheme}:{text}"
            : text.StartsWith('/') ? asked.GetLeftPart(UriPartial.Authority) + text
            : text;
        return text.Length > 0 && Uri.TryCreate(asked, whole, out Uri? next) ? next : null;
    }
}
