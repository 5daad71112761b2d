using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Fronts.OpenInference;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Tasks.Tensors;

public sealed class TensorModelSpecs : IDisposable
{
    private readonly TemporaryFolder _models = new();

    public TensorModelSpecs()
    {
        TinyBundle.Write(_models["tiny"]);
        TinyBundle.Write(_models["raw"], new TinyBundleOptions { Name = "raw" });
        string path = Path.Combine(_models["raw"], "manifest.json");
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        (manifest["task"], manifest["input"], manifest["labels"]) = ("tensor", new JsonObject { ["datatype"] = "FP32" }, new JsonArray());
        File.WriteAllText(path, manifest.ToJsonString());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Take_and_give_the_tensors_of_their_graphs_as_a_classifier_does_over_the_protocol()
    {
        using var server = new BundleServer(null, ("Models:Directory", _models.Path));
        using HttpClient client = server.CreateClient();
        string json = $$"""{"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(2))}}],"outputs":[{"name":"logits"},{"name":"z"},{"name":"deq_residual"}]}""";

        JsonElement raw = await client.Infer("raw", json).Ok();
        JsonElement classified = await client.Infer("tiny", json).Ok();
        JsonElement described = await client.GetAsync("/api/v1/models/raw", Cancellation).Ok();
        await client.GetAsync("/api/v1/models", Cancellation).Ok();
        await client.PostAsync("/api/v1/models/raw/classify", Calls.Tensor("1,8,8", TinyBundle.Image(2)), Cancellation).Problem(ProblemKinds.WrongTask);

        Assert.Equal(classified.Output("logits").Numbers(), raw.Output("logits").Numbers());
        Assert.Equal(classified.Output("z").Numbers(), raw.Output("z").Numbers());
        Assert.Equal("tensor", described.GetProperty("task").GetString());
        Assert.Equal(JsonValueKind.Null, described.GetProperty("input").ValueKind);
    }
}
