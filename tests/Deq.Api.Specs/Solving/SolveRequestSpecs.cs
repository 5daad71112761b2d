using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Solving;

public sealed class SolveRequestSpecs
{
    [Fact]
    public async Task Names_some_of_the_parameters_that_are_not_known_and_counts_the_rest()
    {
        using var server = new Server();
        using HttpClient client = server.CreateClient();

        JsonElement problem = await client.Post("?" + string.Join('&', Enumerable.Range(0, 40).Select(i => $"a{i}=1"))).Problem(ProblemKinds.UnknownParameter);

        Assert.Equal(16, problem.GetProperty("unknown").GetArrayLength());
        Assert.Contains("and 24 more", problem.Detail(), StringComparison.Ordinal);
        Assert.DoesNotContain("a16", problem.Detail(), StringComparison.Ordinal);
    }
}
