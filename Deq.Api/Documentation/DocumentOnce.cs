using Deq.Api.Models;
using Deq.Api.Requests;

namespace Deq.Api.Documentation;

/// <summary>Builds the API document for the first request, and the first after the models have changed, and sends the same bytes to all others: building it takes some 30 ms of a processor.</summary>
internal static class DocumentOnce
{
    /// <summary>Keeps what is answered at a path; to be used before what answers there.</summary>
    /// <param name="app">The server.</param>
    /// <param name="path">Of the document.</param>
    public static void UseDocumentOnce(this WebApplication app, string path)
    {
        ModelCatalogue models = app.Services.GetRequiredService<ModelCatalogue>();
        Kept? kept = null;
        var building = new SemaphoreSlim(1);
        app.Use(async (http, next) =>
        {
            if (!HttpMethods.IsGet(http.Request.Method) || !path.Equals(http.Request.Path.Value?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            {
                await next(http);
                return;
            }

            // What answers there finds the document by its exact name, and does not mind a slash at its end.
            http.Request.Path = path;
            if (kept?.Version != models.Version)
            {
                await building.WaitAsync(http.RequestAborted);
                try
                {
                    int version = models.Version;
                    kept = kept?.Version == version ? kept : await BuildAsync(http, next) with { Version = version };
                }
                finally
                {
                    building.Release();
                }
            }

            http.Response.ContentType = kept.ContentType;
            http.Response.ContentLength = kept.Bytes.Length;
            await http.SendAsync(kept.Bytes);
        });
    }

    private static async Task<Kept> BuildAsync(HttpContext http, RequestDelegate next)
    {
        Stream body = http.Response.Body;
        using var written = new MemoryStream();
        http.Response.Body = written;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = body;
        }

        return new Kept(http.Response.ContentType, written.ToArray());
    }

    /// <summary>The document, and the version of the models that it names.</summary>
    private sealed record Kept(string? ContentType, byte[] Bytes)
    {
        public int Version { get; init; }
    }
}
