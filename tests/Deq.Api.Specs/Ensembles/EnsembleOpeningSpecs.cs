using System.Globalization;
using System.Text.Json;
using Deq.Api.Ensembles;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Deq.Api.Specs.Ensembles;

public sealed class EnsembleOpeningSpecs
{
    [Fact]
    public async Task Everything_that_is_wrong_is_listed_at_once()
    {
        await using var server = new EnsembleServer();
        using var folder = new TemporaryFolder();
        await Write(folder, "bad.json", """
                {
                  "members": [
                    { "model": "a", "maxEvaluations": 1000000, "cost": 0 },
                    { "model": "nonesuch" },
                    { "model": "a", "solver": "newton" }
                  ],
                  "temperature": 9
                }
                """);
        await Write(folder, "Capital.json", """{ "members": [ { "model": "a" } ] }""");
        await Write(folder, "typo.json", """{ "members": [ { "model": "a", "weigth": 2 }, { "model": "b" } ] }""");

        StartupException refusal = Assert.Throws<StartupException>(() => Open(server, folder.Path));

        Assert.Equal(9, refusal.Faults.Count);
        Assert.All(
            ["members[0].maxEvaluations", "members[0].cost", "'nonesuch'", "solver: 'newton'", "temperature is 9", "named 'a'", "needs at least 2", "lower-case", "weigth"],
            fault => Assert.Contains(refusal.Faults, sentence => sentence.Contains(fault, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\"prior\": { \"right\": 1e300, \"wrong\": 1 }", "")]
    [InlineData("\"prior\": { \"right\": 1, \"wrong\": 1e-4 }", "")]
    [InlineData("\"temperature\": 1", ", \"checked\": { \"right\": 1.7e308 }")]
    [InlineData("\"temperature\": 1", ", \"checked\": { \"wrong\": -1 }")]
    [InlineData("\"temperature\": 1", ", \"cost\": 1e308")]
    public async Task Numbers_beyond_their_range_are_faults_of_the_file(string ofAll, string ofMember)
    {
        await using var server = new EnsembleServer();
        using var folder = new TemporaryFolder();
        await Write(folder, "pair.json", $$"""{ {{ofAll}}, "members": [ { "model": "a"{{ofMember}} }, { "model": "b" } ] }""");

        StartupException refusal = Assert.Throws<StartupException>(() => Open(server, folder.Path));

        Assert.Contains("1000000000", refusal.Faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "members": [ null, { "model": "b" } ] }""")]
    [InlineData("""{ "members": null }""")]
    [InlineData("""{ "prior": null, "members": [ { "model": "a" }, { "model": "b" } ] }""")]
    [InlineData("""{ "description": null, "members": [ { "model": "a" }, { "model": "b" } ] }""")]
    [InlineData("""{ "members": [ { "model": null }, { "model": "b" } ] }""")]
    [InlineData("""{ "members": [ { "model": "a", "checked": null }, { "model": "b" } ] }""")]
    [InlineData("""{ "members": [ { "model": "a", "model": "a" }, { "model": "b" } ] }""")]
    public async Task Null_where_something_belongs_and_members_twice_are_faults_of_the_file(string text)
    {
        await using var server = new EnsembleServer();
        using var folder = new TemporaryFolder();
        await Write(folder, "pair.json", text);

        StartupException refusal = Assert.Throws<StartupException>(() => Open(server, folder.Path));

        Assert.Contains("pair.json: it cannot be read", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.001, 0.001)]
    [InlineData(1e9, 1e9)]
    [InlineData(0.001, 1e9)]
    [InlineData(1e9, 0.001)]
    public async Task Numbers_at_the_ends_of_their_range_are_described_and_vote(double right, double wrong)
    {
        string prior = string.Create(CultureInfo.InvariantCulture, $$"""{ "right": {{right}}, "wrong": {{wrong}} }""");
        await using var server = new EnsembleServer(("pair.json", $$"""{ "prior": {{prior}}, "members": [ { "model": "a", "cost": 1e9 }, { "model": "b", "cost": 5e-324 } ] }"""));
        using HttpClient client = server.CreateClient();

        JsonElement described = await client.GetAsync("/api/v1/ensembles/pair", TestContext.Current.CancellationToken).Ok();
        JsonElement answer = await client.PostAsync("/api/v1/ensembles/pair/classify", EnsembleServer.Image(), TestContext.Current.CancellationToken).Ok();

        Assert.All(described.GetProperty("members").EnumerateArray(), member => Assert.Equal(right / (right + wrong), member.GetProperty("trust").GetDouble(), 1e-12));
        Assert.InRange(answer.GetProperty("posterior").GetDouble(), 0.25, 1);
    }

    [Fact]
    public async Task A_model_may_be_a_member_twice_under_two_names()
    {
        await using var server = new EnsembleServer(("pair.json", """{ "members": [ { "model": "a" }, { "name": "quick", "model": "a", "maxEvaluations": 1, "solver": "picard" } ] }"""));
        using HttpClient client = server.CreateClient();

        string answer = await (await client.PostAsync("/api/v1/ensembles/pair/classify", EnsembleServer.Image(), TestContext.Current.CancellationToken))
            .Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("\"member\":\"quick\",\"model\":\"a\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"evaluations\":1,", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "model": "gone" }, { "model": "lost" }, { "name": "again", "model": "gone" }""", "gone, lost")]
    [InlineData("""{ "model": "a" }, { "model": "gone" }""", "gone")]
    public async Task One_found_beside_the_models_is_left_out_with_one_warning_where_members_are_not_served(string members, string missing)
    {
        var log = new LogLines();
        await using var server = new EnsembleServer(("shipped.json", $$"""{ "members": [ {{members}} ] }"""), ("trio.json", EnsembleServer.TrioFile), ("._trio.json", "no ensemble"));
        await using WebApplicationFactory<Program> logged = server.WithWebHostBuilder(
            builder => builder.ConfigureTestServices(services => services.AddSingleton<ILoggerProvider>(log)));
        using HttpClient client = logged.CreateClient();

        JsonElement list = await client.GetAsync("/api/v1/ensembles", TestContext.Current.CancellationToken).Ok();

        Assert.Equal("trio", Assert.Single(list.GetProperty("ensembles").EnumerateArray()).GetProperty("name").GetString());
        string warning = Assert.Single(log.Of("Deq.Api.Ensembles.EnsembleOpening"));
        Assert.Contains("shipped.json", warning, StringComparison.Ordinal);
        Assert.Contains($"not served: {missing}.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_in_a_folder_that_is_set_must_have_all_its_members()
    {
        await using var server = new EnsembleServer();
        using var folder = new TemporaryFolder();
        await Write(folder, "pair.json", """{ "members": [ { "model": "a" }, { "model": "gone" } ] }""");

        StartupException refusal = Assert.Throws<StartupException>(() => Open(server, folder.Path));

        Assert.Contains("'gone', which is not served", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_set_must_be_there()
    {
        await using var server = new EnsembleServer();

        Assert.Contains("Ensembles:Directory", Assert.Throws<StartupException>(() => Open(server, "/nonesuch")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ensembles_the_list_is_empty()
    {
        await using var server = new BundleServer();
        using HttpClient client = server.CreateClient();

        Assert.Equal("""{"ensembles":[]}""", await client.GetStringAsync("/api/v1/ensembles", TestContext.Current.CancellationToken));
    }

    private static EnsembleCatalogue Open(EnsembleServer server, string folder) => new EnsembleOpening(
        server.Services.GetRequiredService<ModelCatalogue>(),
        server.Services.GetRequiredService<ServedTasks>(),
        server.Services.GetRequiredService<BudgetCatalogue>(),
        server.Services.GetRequiredService<RequestLimits>(),
        NullLogger<EnsembleOpening>.Instance).Open(folder, "/");

    private static Task Write(TemporaryFolder folder, string name, string text) =>
        File.WriteAllTextAsync(folder[name], text, TestContext.Current.CancellationToken);
}
