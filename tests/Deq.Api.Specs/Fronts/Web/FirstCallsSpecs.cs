using System.Text.Json.Nodes;
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
        JsonNode answers = (await StatsAsync(key: null))["answers"]!;

        Assert.Equal(3, (int)answers["count"]!);
    }

    [Fact]
    public async Task Need_no_key_where_clients_do()
    {
        JsonNode stats = await StatsAsync(Key, $"--Access:Keys:only:Sha256={AccessControlSpecs.Hash(Key)}", "--Access:Keys:only:Roles=observe");

        Assert.Equal(3, (int)stats["answers"]!["count"]!);
        Assert.Empty(stats["refusals"]!.AsObject());
    }

    [Fact]
    public async Task Stand_in_the_log_as_one_line()
    {
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client, string log) = await ServerProcess.StartAndKeepLog($"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess process = server;
        client.Dispose();

        Assert.Contains("Called its models 3 times before listening", log, StringComparison.Ordinal);
        Assert.DoesNotContain("model=tiny", log, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> StatsAsync(string? key, params string[] arguments)
    {
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess server, HttpClient client) = await ServerProcess.Start(
            [$"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", .. arguments]);
        await using ServerProcess process = server;
        using (client)
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key ?? "none");
            return JsonNode.Parse(await client.GetStringAsync("/api/v1/models/tiny/stats", Cancellation))!;
        }
    }
}
