using System.Net;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Specs.Documentation;

public sealed class DocumentOnceSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Builds_the_document_for_the_first_request_alone()
    {
        var counter = new Counter();
        using var server = new Server();
        using WebApplicationFactory<Program> counted = server.WithWebHostBuilder(host => host.ConfigureTestServices(
            services => services.Configure<SwaggerGenOptions>(options => options.AddDocumentFilterInstance(counter))));
        using HttpClient client = counted.CreateClient();

        string[] documents = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.GetStringAsync("/swagger/v1/swagger.json", Cancellation)));

        using HttpResponseMessage other = await client.GetAsync("/swagger/v1/swagger.yaml", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.Equal(1, counter.Built);
        Assert.Contains("/healthz/live", documents[0]);
        Assert.Single(documents.Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/swagger/V1/swagger.json")]
    [InlineData("/Swagger/v1/Swagger.json")]
    [InlineData("/swagger/v1/swagger.json/")]
    public async Task Builds_one_document_however_its_path_is_written(string spelling)
    {
        var counter = new Counter();
        using var server = new Server();
        using WebApplicationFactory<Program> counted = server.WithWebHostBuilder(host => host.ConfigureTestServices(
            services => services.Configure<SwaggerGenOptions>(options => options.AddDocumentFilterInstance(counter))));
        using HttpClient client = counted.CreateClient();

        string other = await client.GetStringAsync(spelling, Cancellation);
        string document = await client.GetStringAsync("/swagger/v1/swagger.json", Cancellation);

        Assert.Equal(1, counter.Built);
        Assert.Contains("/healthz/live", document);
        Assert.Equal(document, other);
    }

    [Theory]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/swagger/index.html")]
    public async Task Sends_nothing_where_the_clients_share_has_no_room_for_copies(string path)
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        using (HeldBodies.Share other = bodies.Open("", "another client"), third = bodies.Open("", "a third"))
        {
            other.Add(bodies.MostOfOne);
            third.Add(bodies.MostOfOne - 1000);

            await client.GetAsync(path, Cancellation).Problem(ProblemKinds.Overloaded);
        }

        using HttpResponseMessage response = await client.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private sealed class Counter : IDocumentFilter
    {
        private int _built;

        public int Built => _built;

        public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context) => Interlocked.Increment(ref _built);
    }
}
