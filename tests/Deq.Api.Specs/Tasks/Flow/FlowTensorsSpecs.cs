using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks.Flow;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class FlowTensorsSpecs
{
    [Fact]
    public async Task Of_sizes_that_are_not_taken_are_refused_as_pictures_are()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();

        JsonElement large = await Ask(client, (300, 300), (300, 300)).Problem(ProblemKinds.ImageTooLarge);
        JsonElement tiny = await Ask(client, (7, 30), (7, 30)).Problem(ProblemKinds.FrameSize);
        JsonElement differ = await Ask(client, (300, 300), (300, 290)).Problem(ProblemKinds.FrameSize);
        JsonElement pictures = await FlowServer.Post(client, FlowServer.Noise(300, 300)).Problem(ProblemKinds.ImageTooLarge);

        Assert.Equal(65_536, large.GetProperty("limit").GetInt32());
        Assert.Equal(pictures.Detail(), large.GetProperty("error").GetString());
        Assert.Contains("at least 8 pixels", tiny.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("300 x 300 and 300 x 290", differ.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> Ask(HttpClient client, (int Width, int Height) first, (int Width, int Height) second) => client.Infer(
        TinyFlowBundle.Name,
        $$"""{"inputs":[{{Frame(FramesPayload.Fields[0], first)}},{{Frame(FramesPayload.Fields[1], second)}}]}""",
        new byte[3 * ((first.Width * first.Height) + (second.Width * second.Height))]);

    private static string Frame(string name, (int Width, int Height) size) =>
        $$$"""{"name":"{{{name}}}","datatype":"UINT8","shape":[1,{{{size.Height}}},{{{size.Width}}},3],"parameters":{"binary_data_size":{{{3 * size.Width * size.Height}}}}}""";
}
