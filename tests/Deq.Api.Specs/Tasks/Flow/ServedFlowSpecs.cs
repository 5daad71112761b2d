using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks.Flow;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Tasks.Flow;

public sealed class ServedFlowSpecs
{
    private const int Width = 24;
    private const int Height = 16;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_where_the_encoder_says_by_pictures_and_by_tensors()
    {
        using var plain = new FlowServer();
        using var ahead = new FlowServer(new TinyFlowOptions { HasStart = true });
        (HttpClient fromZero, HttpClient fromOne) = (plain.CreateClient(), ahead.CreateClient());

        float[] pictures = await ByPictures(fromOne, evaluations: 2);
        float[] tensors = await ByTensors(fromOne, evaluations: 2);

        Assert.Equal(await ByPictures(fromZero, evaluations: 3), pictures, Near);
        Assert.Equal(await ByTensors(fromZero, evaluations: 3), tensors, Near);
        Assert.NotEqual(await ByTensors(fromZero, evaluations: 2), tensors, Near);
    }

    private static bool Near(float one, float other) => Math.Abs(one - other) < 1e-5;

    private static async Task<float[]> ByPictures(HttpClient client, int evaluations)
    {
        string query = $"?solver=picard&maxEvaluations={evaluations}&tolerance=1e-6";
        using HttpResponseMessage response = await FlowServer.Post(client, FlowServer.Noise(Width, Height), "application/octet-stream", query);
        return InferRequests.Numbers<float>(await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    private static async Task<float[]> ByTensors(HttpClient client, int evaluations)
    {
        string frames = string.Join(',', FramesPayload.Fields.Select((field, place) =>
            $$"""{"name":"{{field}}","datatype":"UINT8","shape":[1,{{Height}},{{Width}},3],"data":[{{string.Join(',', Colours(place + 1))}}]}"""));
        string parameters = $$"""{"deq_solver":"picard","deq_max_evaluations":{{evaluations}},"deq_tolerance":1e-6}""";
        return (await client.Infer(TinyFlowBundle.Name, $$"""{"parameters":{{parameters}},"inputs":[{{frames}}]}""").Ok()).Output("flow").Numbers();
    }

    private static IEnumerable<byte> Colours(int seed) => Pictures.Grey(Width, Height, seed).SelectMany(grey => Enumerable.Repeat(grey, 3));
}
