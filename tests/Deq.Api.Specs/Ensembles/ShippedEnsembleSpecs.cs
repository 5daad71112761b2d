using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;

namespace Deq.Api.Specs.Ensembles;

/// <summary>The ensembles of the repository, over its models.</summary>
public sealed class ShippedEnsembleSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Vote_for_what_the_samples_show_and_ask_fewer_members_where_less_is_enough()
    {
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={Repository.Folder("models")}");
        await using ServerProcess running = server;
        using HttpClient caller = client;

        foreach ((string file, string label) in new[] { ("ankle-boot", "Ankle boot"), ("bag", "Bag"), ("trouser", "Trouser"), ("t-shirt", "T-shirt/top") })
        {
            JsonElement all = await Vote(caller, file, "");
            JsonElement few = await Vote(caller, file, "?accuracy=0.85");

            Assert.Equal((label, "all", 4), (all.GetProperty("label").GetString(), all.GetProperty("stop").GetString(), all.GetProperty("spent").GetProperty("members").GetInt32()));
            Assert.True(few.GetProperty("spent").GetProperty("cost").GetDouble() < 0.6 * all.GetProperty("spent").GetProperty("cost").GetDouble());
            Assert.InRange(all.GetProperty("posterior").GetDouble(), 0.5, 0.99);
        }
    }

    private static async Task<JsonElement> Vote(HttpClient client, string file, string query)
    {
        using var body = new ByteArrayContent(await File.ReadAllBytesAsync(Repository.Folder("docs", "samples", file + ".png"), Cancellation));
        body.Headers.ContentType = new("image/png");
        return await client.PostAsync("/api/v1/ensembles/fashion/classify" + query, body, Cancellation).Ok();
    }
}
