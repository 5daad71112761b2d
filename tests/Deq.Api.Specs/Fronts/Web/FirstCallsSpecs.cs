using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Deq.Api.Specs.Access;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Fronts.Web;

public sealed class FirstCallsSpecs
{
    private const string Key = "a key that only these specs show";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_made_by_the_server_itself_before_it_listens()
    {
        (JsonNode stats, string log) = await StatsAsync(key: null);

        Assert.Equal(CallsOf(log), (int)stats["answers"]!["count"]!);
    }

    [Fact]
    public async Task Need_no_key_where_clients_do()
    {
        (JsonNode stats, string log) = await StatsAsync(Key, $"--Access:Keys:only:Sha256={AccessControlSpecs.Hash(Key)}", "--Access:Keys:only:Roles=observe");

        Assert.Equal(CallsOf(log), (int)stats["answers"]!["count"]!);
        Assert.Empty(stats["refusals"]!.AsObject());
    }

    [Theory]
    [InlineData("localhost;127.0.0.1")]
    [InlineData("127.0.0.1;deq.example")]
    [InlineData("*.example;127.0.0.1")]
    public async Task Name_a_host_that_is_served(string hosts)
    {
        (JsonNode stats, string log) = await StatsAsync(key: null, $"--AllowedHosts={hosts}");

        Assert.Equal(CallsOf(log), (int)stats["answers"]!["count"]!);
    }

    [Fact]
    public async Task Stand_in_the_log_as_one_line()
    {
        (JsonNode _, string log) = await StatsAsync(key: null);

        Assert.Single(log.Split('\n'), line => line.Contains("Called its models", StringComparison.Ordinal));
        Assert.DoesNotContain("model=tiny", log, StringComparison.Ordinal);
    }

    /// <summary>The number of calls: three of each model, or fewer where the first ones took four seconds.</summary>
    private static int CallsOf(string log)
    {
        Match said = Regex.Match(log, "Called its models (?<calls>[0-9]+) times before listening, in (?<ms>[0-9]+) ms", RegexOptions.NonBacktracking);
        Assert.True(said.Success, log);
        int calls = int.Parse(said.Groups["calls"].Value, CultureInfo.InvariantCulture);
        Assert.True(calls == 3 || (calls is 1 or 2 && int.Parse(said.Groups["ms"].Value, CultureInfo.InvariantCulture) >= 4000), said.Value);
        return calls;
    }

    private static async Task<(JsonNode Stats, string Log)> StatsAsync(string? key, params string[] arguments)
    {
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client, string log) = await ServerProcess.StartAndKeepLog(
            [$"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", .. arguments]);
        await using ServerProcess process = server;
        using (client)
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key ?? "none");
            return (JsonNode.Parse(await client.GetStringAsync("/api/v1/models/tiny/stats", Cancellation))!, log);
        }
    }
}
