using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Bundles;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Ensembles;

public sealed class EnsembleVoteSpecs
{
    private const string Failing = "failing";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", false, "internal-error", "a b")]
    [InlineData("", true, "overloaded", "a b")]
    [InlineData("?accuracy=0.1", false, "internal-error", "a")]
    public async Task A_member_whose_solve_fails_is_left_out(string query, bool lacksMemory, string problem, string voters)
    {
        await using var server = new EnsembleServer(("trio.json", """
            {
              "members": [
                { "model": "failing", "cost": 0.1, "checked": { "right": 90, "wrong": 10 } },
                { "model": "a" },
                { "model": "b" }
              ]
            }
            """));
        Exception fault = lacksMemory ? new LaneMemoryException(needed: 1, limit: 2) : new InvalidOperationException("The graph has failed.");
        using WebApplicationFactory<Program> faulty = WithFailing(server, fault);
        using HttpClient client = faulty.CreateClient();

        JsonElement answer = await client.PostAsync(EnsembleServer.Classify + query, EnsembleServer.Image(), Cancellation).Ok();

        JsonElement missing = Assert.Single(answer.GetProperty("missing").EnumerateArray());
        Assert.Equal((Failing, problem), (missing.GetProperty("member").GetString(), missing.GetProperty("problem").GetString()));
        Assert.Equal(voters, string.Join(' ', answer.GetProperty("votes").EnumerateArray().Select(vote => vote.GetProperty("member").GetString())));
    }

    [Fact]
    public async Task An_accuracy_that_one_member_alone_reaches_is_answered_by_it()
    {
        await using var server = new EnsembleServer(("trio.json", """
            {
              "members": [
                { "model": "a", "checked": { "right": 990, "wrong": 10 } },
                { "model": "b", "checked": { "right": 70, "wrong": 30 } },
                { "model": "c", "checked": { "right": 70, "wrong": 30 } }
              ],
              "temperature": 0.3
            }
            """));
        using HttpClient client = server.CreateClient();

        JsonElement described = await client.GetAsync(EnsembleServer.Trio, Cancellation).Ok();
        JsonElement answer = await client.PostAsync($"{EnsembleServer.Classify}?accuracy=0.98", EnsembleServer.Image(), Cancellation).Ok();

        Assert.Equal(993.0 / 1004, described.GetProperty("best").GetDouble(), 1e-9);
        Assert.Equal("a", Assert.Single(answer.GetProperty("votes").EnumerateArray()).GetProperty("member").GetString());
        Assert.Equal(described.GetProperty("best").GetDouble(), answer.GetProperty("posterior").GetDouble(), 1e-12);
    }

    /// <summary>The server with one model more, like <c>a</c>, whose every solve fails.</summary>
    private static WebApplicationFactory<Program> WithFailing(EnsembleServer server, Exception fault) =>
        server.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton(provider =>
        {
            ModelCatalogue opened = ModelOpening.Open(provider);
            var model = new LinearModel(TinyBundle.InputLength) { Encoding = () => throw fault };
            return new ModelCatalogue(
            [
                .. opened.All,
                new ServedModel(
                    opened.Find("a").Manifest with { Name = Failing }, Server.Hash,
                    new InferenceEngine(Failing, model, new() { Threads = 1, RowsPerThread = 4 }, metrics: provider.GetRequiredService<EngineMetrics>())),
            ])
            {
                Folder = opened.Folder,
            };
        })));
}
