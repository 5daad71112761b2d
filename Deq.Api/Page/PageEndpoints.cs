using Deq.Api.Documentation;
using Deq.Api.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Page;

/// <summary><c>GET /</c>: the page for browsers, and where to go from here for everybody else; <c>GET /page/…</c>: what the page is made of.</summary>
internal static class PageEndpoints
{
    /// <summary>Scripts, styles and connections from here and nowhere else, and none within the page's own text.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Html = "text/html";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        IReadOnlyList<PageFile> files = PageFile.ReadAll();
        PageFile index = files.Single(file => file.Name == PageFile.Index);
        routes.MapGet("/", Results<FileContentHttpResult, Ok<HomePage>> (HttpContext http) =>
        {
            http.Response.Headers.Vary = HeaderNames.Accept;
            return AcceptHeader.Prefers(http.Request, Html, AcceptHeader.Json) ? Send(http, index) : TypedResults.Ok(Home.Page);
        })
            .WithTags("Home")
            .WithName("home")
            .WithSummary("Says where to go from here.")
            .WithDescription("A browser gets a page that shows what the models do.")
            .Produces<HomePage>();
        foreach (PageFile file in files)
        {
            routes.MapGet("/page/" + file.Name, (HttpContext http) => Send(http, file)).ExcludeFromDescription();
        }
    }

    private static FileContentHttpResult Send(HttpContext http, PageFile file)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()";
        headers.CacheControl = "no-cache";
        return TypedResults.File(file.Bytes, file.ContentType, entityTag: file.Tag);
    }
}
