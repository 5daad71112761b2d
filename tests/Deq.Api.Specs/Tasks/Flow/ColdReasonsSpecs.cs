using System.Text.Json;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using static Deq.Api.Specs.Servers.StreamServer;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class ColdReasonsSpecs
{
    [Theory]
    [InlineData(0.1, null)]
    [InlineData(0.7, "model")]
    public async Task Starts_warm_only_with_models_that_were_measured_to_end_where_a_cold_start_ends(double distance, string? reason)
    {
        var measured = new Dictionary<string, double> { ["warmDistance"] = distance };
        using var server = new StreamServer(null, new TinyFlowOptions { Quality = measured });
        using HttpClient client = server.Caller();
        string stream = await Open(client);
        await Ask(client, stream, 0, Frame(0));
        await Ask(client, stream, 1, Frame(1));

        JsonElement answer = await Ask(client, stream, 2, Frame(2));

        Assert.Equal(reason is null, answer.GetProperty("warm").GetBoolean());
        Assert.Equal(reason, answer.GetProperty("coldReason").GetString());
    }
}
