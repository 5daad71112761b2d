using System.Net;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Requests;

public sealed class HeadRequestsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/models")]
    [InlineData("/api/v1/models/linear")]
    [InlineData("/api/v1/models/linear/stats")]
    [InlineData("/api/v1/models/none")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/nothing")]
    public async Task Are_answered_like_get_without_a_body(string path)
    {
        using var server = new Server();
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage head = new(HttpMethod.Head, path);

        using HttpResponseMessage get = await client.GetAsync(path, Cancellation);
        using HttpResponseMessage answer = await client.SendAsync(head, Cancellation);

        Assert.Equal(get.StatusCode, answer.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, answer.Content.Headers.ContentType);
        Assert.Equal(get.Headers.ETag, answer.Headers.ETag);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz/live", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Are_refused_where_there_is_no_get()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage head = new(HttpMethod.Head, "/api/v1/models/linear/classify");

        using HttpResponseMessage answer = await client.SendAsync(head, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }
}
