using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Requests;

/// <summary>Answers HEAD wherever GET is answered (RFC 9110, 9.1), with the same status and headers and no body.</summary>
internal static class HeadRequests
{
    /// <summary>Must stand before routing, which chooses the endpoint by the method.</summary>
    public static void AnswerHeadAsGet(this WebApplication app) => app.Use(async (http, next) =>
    {
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await next(http);
            return;
        }

        IHttpResponseBodyFeature body = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
        http.Request.Method = HttpMethods.Get;
        try
        {
            await next(http);
        }
        finally
        {
            // The web server sends no body to a HEAD request, whatever length the headers give.
            http.Request.Method = HttpMethods.Head;
            http.Features.Set(body);
        }
    });
}
