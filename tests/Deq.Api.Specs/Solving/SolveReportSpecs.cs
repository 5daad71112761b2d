using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Models;

namespace Deq.Api.Specs.Solving;

public sealed class SolveReportSpecs
{
    [Fact]
    public async Task Names_a_cycle_and_its_period()
    {
        using var server = new Server(new LinearModel(4) { Slope = -1 });
        using HttpClient client = server.CreateClient();

        JsonElement solve = (await client.Post().Ok()).Solve();

        Assert.Equal(("cycle", 2), (solve.GetProperty("stop").GetString(), solve.GetProperty("period").GetInt32()));
        Assert.False(solve.GetProperty("converged").GetBoolean());
        Assert.True(solve.GetProperty("evaluations").GetInt32() < 20);
    }

    [Fact]
    public async Task Has_no_period_otherwise()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();

        JsonElement solve = (await client.Post().Ok()).Solve();

        Assert.False(solve.TryGetProperty("period", out _));
    }
}
