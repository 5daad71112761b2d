using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Tasks;

public sealed class GraphTensorsSpecs
{
    [Fact]
    public async Task Say_which_row_is_beyond_what_the_model_can_be_run_on()
    {
        using var server = new BundleServer(new TinyBundleOptions { FailsAboveMean = 0.5 });
        using HttpClient client = server.CreateClient();
        float[] dark = [.. Enumerable.Repeat(0.1f, TinyBundle.InputLength)], bright = [.. Enumerable.Repeat(0.9f, TinyBundle.InputLength)];
        string input = InferRequests.Input("image", [2, 1, TinyBundle.Side, TinyBundle.Side], [.. dark, .. bright]);

        JsonElement problem = await client.Infer("tiny", $$"""{"inputs":[{{input}}]}""").Problem(ProblemKinds.Diverged);

        Assert.StartsWith("Image 2 of 2: The encoder or the cell gave numbers that are not finite for this input", problem.Detail(), StringComparison.Ordinal);
        Assert.Equal(1, problem.GetProperty("image").GetInt32());
        Assert.Equal(422, problem.GetProperty("status").GetInt32());
        Assert.Equal("diverged", problem.Solve().GetProperty("stop").GetString());
    }
}
