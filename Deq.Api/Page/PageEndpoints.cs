using Deq.Api.Documentation;
using Deq.Api.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Page;

/// <summary><c>GET /</c>: the page for browsers, and where to go from here for everybody else; <c>GET /page/…</c>: what the page is made of.</summary>
internal static class PageEndpoints
{
    private const string Html = "text/html";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        IReadOnlyList<PageFile> files = PageFile.ReadAll();
        PageFile index = files.Single(file => file.Name == PageFile.Index);
        routes.MapGet("/", Results<PageAnswer, Ok<HomePage>> (HttpContext http) =>
        {
            http.Response.Headers.Vary = HeaderNames.Accept;
            return AcceptHeader.Prefers(http.Request, Html, AcceptHeader.Json) ? new PageAnswer(index) : TypedResults.Ok(Home.Page);
        })
            .WithTags("Home")
            .WithName("home")
            .WithSummary("Says where to go from here.")
            .WithDescription("A browser gets a page that shows what the models do.")
            .Produces<HomePage>();
        foreach (PageFile file in files)
        {
            routes.MapGet("/page/" + file.Name, () => new PageAnswer(file)).ExcludeFromDescription();
        }
    }
}
