using System.Net;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Requests;

public sealed class ContentEncodingsSpecs : IDisposable
{
    private readonly Server _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(Calls.Classify, "gzip")]
    [InlineData(Calls.Classify, "br")]
    [InlineData("/api/v1/models/linear/flow", "deflate")]
    [InlineData("/api/v1/streams", "gzip")]
    [InlineData("/api/v1/streams/none/frames", "zstd")]
    public async Task Of_a_body_are_refused_by_name_with_the_one_that_is_taken(string path, string encoding)
    {
        using HttpClient client = _server.CreateClient();
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = Calls.Tensor() };
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        JsonElement problem = await Task.FromResult(response).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.Equal($"Content-Encoding is '{encoding}'; send the body without one.", problem.Detail());
        Assert.Equal(["identity"], response.Headers.GetValues("Accept-Encoding"));
    }

    [Fact]
    public async Task May_say_that_there_is_none()
    {
        using HttpClient client = _server.CreateClient();
        using HttpRequestMessage request = new(HttpMethod.Post, Calls.Classify) { Content = Calls.Tensor() };
        request.Content.Headers.TryAddWithoutValidation("Content-Encoding", "identity");

        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
