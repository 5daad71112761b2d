using Deq.Api.Requests;

namespace Deq.Api.Page;

/// <summary>Sends a file of the page in pieces, or says that the browser has it.</summary>
internal sealed class PageAnswer(PageFile file) : IResult
{
    /// <summary>Scripts, styles and connections from here and nowhere else, and none within the page's own text.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public Task ExecuteAsync(HttpContext httpContext) => httpContext.SendKeptAsync(file.Bytes.Length, async () =>
    {
        IHeaderDictionary headers = httpContext.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()";
        headers.CacheControl = "no-cache";

        // A stream is sent a block at a time; an array would be copied whole before the web server waits for the client.
        using var bytes = new MemoryStream(file.Bytes, writable: false);
        await TypedResults.Stream(bytes, file.ContentType, entityTag: file.Tag).ExecuteAsync(httpContext);
    });
}
