using System.Net.Http.Headers;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Ensembles;

public sealed class StoreFaultsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Leave_votes_without_a_name_and_refuse_feedback_until_they_are_mended_and_are_logged_once()
    {
        using var log = new LogLines();
        await using var server = new EnsembleServer();
        await using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(
            builder => builder.ConfigureTestServices(services => services.AddSingleton<ILoggerProvider>(log)));
        using HttpClient client = logged.CreateClient();
        JsonElement before = await Vote(client);

        server.ChangeStore("ALTER TABLE answers RENAME TO away; ALTER TABLE belief RENAME TO unbelieved");
        JsonElement[] unnamed = [await Vote(client), await Vote(client)];
        JsonElement refusal = await Feedback(client, before).Problem(ProblemKinds.Overloaded);
        await client.GetAsync(EnsembleServer.Trio, Cancellation).Problem(ProblemKinds.Overloaded);
        server.ChangeStore("ALTER TABLE away RENAME TO answers; ALTER TABLE unbelieved RENAME TO belief");
        JsonElement after = await Vote(client);
        await Feedback(client, before).Ok();
        await Feedback(client, after).Ok();

        Assert.All(unnamed, answer => Assert.Equal(JsonValueKind.Null, answer.GetProperty("answer").ValueKind));
        Assert.All(unnamed, answer => Assert.Equal(before.GetProperty("posterior").GetDouble(), answer.GetProperty("posterior").GetDouble()));
        Assert.Contains("nothing was stored", refusal.Detail(), StringComparison.Ordinal);
        Assert.Contains("no such table", Assert.Single(log.Of("Deq.Api.Ensembles.StoreFaults")), StringComparison.Ordinal);
    }

    private static Task<JsonElement> Vote(HttpClient client) => client.PostAsync(EnsembleServer.Classify, EnsembleServer.Image(), Cancellation).Ok();

    private static Task<HttpResponseMessage> Feedback(HttpClient client, JsonElement answer) => client.PostAsync(
        $"{EnsembleServer.Trio}/feedback",
        new StringContent(
            $$"""{"answer":"{{answer.GetProperty("answer").GetString()}}","label":"{{answer.GetProperty("label").GetString()}}"}""", new MediaTypeHeaderValue("application/json")),
        Cancellation);
}
