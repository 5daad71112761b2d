using System.Text.Json.Nodes;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FlowRulesSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, Action<JsonObject>> Corruptions => new()
    {
        { "input.channels is 1", manifest => manifest["input"]!["channels"] = 1 },
        { "input.height and input.width are 9 and 0", manifest => manifest["input"]!["height"] = 9 },
        { "input.resize is 'fit'", manifest => manifest["input"]!["resize"] = "fit" },
        { "labels has 2 names", manifest => manifest["labels"] = new JsonArray("a", "b") },
        { "input.sizes is missing", manifest => manifest["input"]!.AsObject().Remove("sizes") },
        { "input.sizes.multiple is 0", manifest => manifest["input"]!["sizes"]!["multiple"] = 0 },
        { "input.sizes.leastSide is 0", manifest => manifest["input"]!["sizes"]!["leastSide"] = 0 },
        { "input.sizes.leastSide is 300", manifest => manifest["input"]!["sizes"]!["leastSide"] = 300 },
        { "input.sizes.leastSide is 2147483647", manifest => manifest["input"]!["sizes"]!["leastSide"] = int.MaxValue },
        { "input.sizes.mostPixels is 0", manifest => manifest["input"]!["sizes"]!["mostPixels"] = 0 },
        { "input.sizes.typicalHeight is 33", manifest => manifest["input"]!["sizes"]!["typicalHeight"] = 33 },
        { "more than mostPixels", manifest => manifest["input"]!["sizes"]!["typicalWidth"] = 1 << 20 },
        { "state is missing", manifest => manifest.Remove("state") },
        { "state.hidden is -1", manifest => manifest["state"]!["hidden"] = -1 },
        { "state.stride is 5", manifest => manifest["state"]!["stride"] = 5 },
        { "state.pixelsPerChange is -1", manifest => manifest["state"]!["pixelsPerChange"] = -1 },
        { "state makes it [B, 7, 4*H, 4*W]", manifest => manifest["state"]!["hidden"] = 5 },
        { "input.sizes makes it [B, 6, 32*H, 32*W]", manifest => manifest["input"]!["sizes"]!["multiple"] = 32 },
        { "cell.inputs are z, x; they are z, x, volume0", manifest => manifest["cell"]!["inputs"]!.AsArray().RemoveAt(2) },
        { "encoder.outputs are x; they are x, volume0", manifest => manifest["encoder"]!["outputs"]!.AsArray().RemoveAt(1) },
        { "decoder.outputs are logits; they are flow", manifest => manifest["decoder"]!["outputs"]![0]!["name"] = "logits" },
        { "encoder.outputs: x is [B, 6, 04*H, 4*W]", manifest => manifest["encoder"]!["outputs"]![0]!["shape"]![2] = "04*H" },
        { "encoder.outputs: x is [B, 6, 4*K, 4*W]", manifest => manifest["encoder"]!["outputs"]![0]!["shape"]![2] = "4*K" },
        { "the encoder's volume0 makes it", manifest => manifest["cell"]!["inputs"]![2]!["shape"]![3] = "5" },
        { "input.sizes and state are of models of free size", manifest => manifest["task"] = "image-classification" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opens_with_the_sizes_of_its_typical_frame_and_gives_those_of_others()
    {
        using var bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder["flow"]), new ExecutionOptions());

        OnnxModel other = bundle.Model.At(new ShapeKey(64, 16));

        Assert.Equal((6 * 32 * 48, 6 * 8 * 12, 6 * 8 * 12, 2 * 32 * 48), SizesOf(bundle.Model));
        Assert.Equal((6 * 64 * 16, 6 * 16 * 4, 6 * 16 * 4, 2 * 64 * 16), SizesOf(other));
        Assert.Equal(64.0 * 16 / (32 * 48), bundle.Model.CostOf(new ShapeKey(64, 16)), 12);
    }

    [Theory]
    [InlineData(30, 32, "multiples of 16")]
    [InlineData(0, 32, "multiples of 16")]
    [InlineData(512, 512, "at most 65536 pixels")]
    public void Refuses_other_shapes_and_names_the_limit(int height, int width, string expected)
    {
        using var bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder["flow"]), new ExecutionOptions());

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => bundle.Model.At(new ShapeKey(height, width)));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Corruptions))]
    public void Is_refused_with_its_fault_named(string expected, Action<JsonObject> edit)
    {
        string folder = TinyFlowBundle.Write(_folder["flow"]);
        BundleCorruption.EditManifest(folder, edit);

        BundleException faults = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new ExecutionOptions()));

        Assert.Contains(expected, faults.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Has_all_its_faults_in_one_message()
    {
        string folder = TinyFlowBundle.Write(_folder["flow"]);
        BundleCorruption.EditManifest(folder, manifest =>
        {
            manifest["input"]!["channels"] = 2;
            manifest["input"]!["sizes"]!["mostPixels"] = 0;
            manifest["state"]!["hidden"] = -1;
            manifest["defaults"]!["tolerance"] = 2;
        });

        BundleException faults = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new ExecutionOptions()));

        Assert.All(
            ["input.channels", "input.sizes.mostPixels", "state.hidden", "defaults.tolerance"],
            place => Assert.Contains(place, faults.Message, StringComparison.Ordinal));
    }

    private static (int, int, int, int) SizesOf(OnnxModel model) => (model.InputLength, model.InjectionLength, model.StateWidth, model.OutputLength);
}
