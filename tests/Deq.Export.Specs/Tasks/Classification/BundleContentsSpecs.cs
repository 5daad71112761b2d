using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;

namespace Deq.Export.Specs.Tasks.Classification;

public sealed class BundleContentsSpecs : IClassFixture<ExportedThreeShapes>
{
    private readonly ExportedThreeShapes _exported;

    public BundleContentsSpecs(ExportedThreeShapes exported) => _exported = exported;

    [Fact]
    public void Opens_as_a_bundle_with_its_card_its_recipe_and_its_measured_quality()
    {
        using ModelBundle bundle = ModelBundle.Open(_exported.Bundle, new ExecutionOptions());

        Assert.Equal(["lying", "standing", "frame"], bundle.Manifest.Labels);
        Assert.Contains("recipe.json", bundle.Manifest.Files.Keys);
        Assert.InRange(bundle.Manifest.Quality["accuracy"], 0.8, 1);
        string card = File.ReadAllText(Path.Combine(_exported.Bundle, "MODEL_CARD.md"));
        Assert.Contains("| anderson |", card, StringComparison.Ordinal);
        Assert.Contains("| picard |", card, StringComparison.Ordinal);
        Assert.Contains("| broyden |", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Computes_in_onnx_runtime_what_torch_computes()
    {
        using ModelBundle bundle = ModelBundle.Open(_exported.Bundle, new ExecutionOptions());
        using var verification = new BundleVerification(bundle);
        var random = new Random(2);
        float[][] inputs = [.. Enumerable.Range(0, 5).Select(_ =>
            Enumerable.Range(0, bundle.Model.InputLength).Select(_ => random.NextSingle() - 0.5f).ToArray())];

        IReadOnlyList<VerifiedPart> parts = verification.Run(inputs, seed: 3);

        Assert.Equal(7, parts.Count);
        Assert.All(parts, part => Assert.InRange(part.LargestDifference, 0, 1e-4));
    }

    [Fact]
    public async Task Gets_the_same_weights_in_every_process()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.WriteIdx(folder, count: 120);
        System.Text.Json.Nodes.JsonObject json = ThreeShapes.Recipe(epochs: 2);
        json["labels"] = new System.Text.Json.Nodes.JsonArray("lying", "standing", "frame");
        string recipe = folder.Write("recipe.json", ThreeShapes.Bytes(json));

        (int first, _) = await ExportedThreeShapes.RunAsync("train", recipe, "--data", folder.File("data"), "--output", folder.File("one"));
        (int second, _) = await ExportedThreeShapes.RunAsync("train", recipe, "--data", folder.File("data"), "--output", folder.File("two"));

        Assert.Equal((0, 0), (first, second));
        Assert.Equal(
            await File.ReadAllBytesAsync(folder.File("one/checkpoint/average.bin"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(folder.File("two/checkpoint/average.bin"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Is_found_out_when_its_weights_were_changed_behind_the_other_files()
    {
        using TemporaryFolder folder = new();
        string copy = folder.File("changed");
        _exported.CopyTo(copy);
        ExportedThreeShapes.ReplacePart(copy, "cell.onnx", "decode.onnx");

        BundleException fault = Assert.Throws<BundleException>(() => ModelBundle.Open(copy, new ExecutionOptions()));

        Assert.Contains("cell.onnx", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evaluate", "accuracy")]
    [InlineData("verify", "agree")]
    public async Task Is_measured_from_the_command_line(string command, string expected)
    {
        (int code, string output) = await ExportedThreeShapes.RunAsync(command, _exported.Bundle, "--data", _exported.Images);

        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Comes_with_tables_and_numbers_on_request()
    {
        using TemporaryFolder folder = new();
        string markdown = folder.File("table.md");
        string json = folder.File("numbers.json");

        (int code, _) = await ExportedThreeShapes.RunAsync(
            "evaluate", _exported.Bundle, "--data", _exported.Images, "--curve", "--markdown", markdown, "--json", json);

        Assert.Equal(0, code);
        Assert.Contains("| budget |", await File.ReadAllTextAsync(markdown, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var numbers = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
        Assert.InRange(numbers.RootElement.GetProperty("default").GetProperty("accuracy").GetDouble(), 0.8, 1);
        Assert.True(numbers.RootElement.GetProperty("curve").GetArrayLength() >= 9);
    }

    [Theory]
    [InlineData("train", "no-such-recipe.json", "no-such-recipe.json")]
    [InlineData("evaluate", "no-such-bundle", "no-such-bundle")]
    [InlineData("export", "no-such-run", "no-such-run")]
    [InlineData("verify", "no-such-bundle", "no-such-bundle")]
    public async Task Is_missed_with_a_message_and_without_a_stack_trace(string command, string path, string named)
    {
        (int code, string output) = await ExportedThreeShapes.RunAsync(command, path, "--data", _exported.Images);

        Assert.Equal(1, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}
