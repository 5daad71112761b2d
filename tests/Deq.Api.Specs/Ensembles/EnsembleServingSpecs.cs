using System.Text.Json;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Ensembles;

public sealed class EnsembleServingSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_the_requests_of_a_client_at_every_path()
    {
        await using var server = new EnsembleServer();

        Endpoint[] paths = [.. server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.Contains("/ensembles", StringComparison.Ordinal) == true)];

        Assert.InRange(paths.Length, 6, int.MaxValue);
        Assert.All(paths, path => Assert.NotNull(path.Metadata.GetMetadata<ClientLimit.CountsClients>()));
    }

    [Fact]
    public async Task Reads_belief_against_truth_again_only_after_feedback()
    {
        await using var server = new EnsembleServer();
        using HttpClient client = server.CreateClient();
        long before = await Answers(client);
        JsonElement answer = await client.PostAsync(EnsembleServer.Classify, EnsembleServer.Image(), Cancellation).Ok();
        string feedback = $$"""{"answer":"{{answer.GetProperty("answer").GetString()}}","label":"{{answer.GetProperty("label").GetString()}}"}""";
        await client.PostAsync($"{EnsembleServer.Trio}/feedback", Calls.Bytes(System.Text.Encoding.UTF8.GetBytes(feedback), "application/json"), Cancellation).Ok();
        long after = await Answers(client);

        server.ChangeStore("ALTER TABLE belief RENAME TO away");

        Assert.Equal((0, 1, 1), (before, after, await Answers(client)));
    }

    private static async Task<long> Answers(HttpClient client) =>
        (await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok()).GetProperty("feedback").GetProperty("answers").GetInt64();
}
