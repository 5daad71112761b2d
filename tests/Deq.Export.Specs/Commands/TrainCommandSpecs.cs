using System.Diagnostics;
using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Training;

namespace Deq.Export.Specs.Commands;

public sealed class TrainCommandSpecs
{
    [Fact]
    public async Task Writes_a_checkpoint_from_which_it_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "The interrupt is sent by kill.");
        using TemporaryFolder folder = new();
        ThreeShapes.WriteIdx(folder, count: 120);
        JsonObject recipe = ThreeShapes.Recipe(epochs: 10_000);
        recipe["labels"] = new JsonArray("lying", "standing", "frame");
        string path = folder.Write("recipe.json", ThreeShapes.Bytes(recipe));
        using Process training = ExportedThreeShapes.Start("train", path, "--data", folder.File("data"), "--output", folder.File("run"));
        while (await training.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
            && !line.StartsWith("epoch   2", StringComparison.Ordinal))
        {
        }

        using Process interrupt = Process.Start("kill", ["-INT", $"{training.Id}"]);
        string rest = await training.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await training.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, training.ExitCode);
        Assert.Contains("--resume", rest, StringComparison.Ordinal);
        Assert.InRange(Checkpoint.ReadProgress(folder.File("run/checkpoint")).Epoch, 2, 9_999);
    }
}
