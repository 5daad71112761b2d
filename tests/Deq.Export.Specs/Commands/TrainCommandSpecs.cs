using System.Diagnostics;
using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Training;

namespace Deq.Export.Specs.Commands;

public sealed class TrainCommandSpecs
{
    [Fact]
    public async Task Writes_a_checkpoint_from_which_it_can_be_resumed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "The interrupt is sent by kill.");
        using TemporaryFolder folder = new();
        ThreeShapes.WriteIdx(folder, count: 120);
        JsonObject recipe = ThreeShapes.Recipe(epochs: 10_000);
        recipe["labels"] = new JsonArray("lying", "standing", "frame");
        string path = folder.Write("recipe.json", ThreeShapes.Bytes(recipe));
        using Process training = ExportedThreeShapes.Start("train", path, "--data", folder.File("data"), "--output", folder.File("run"), "--threads", "2", "--export", "--replace");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(5));
        try
        {
            while (await training.StandardOutput.ReadLineAsync(patience.Token) is { } line && !line.StartsWith("epoch 2", StringComparison.Ordinal))
            {
            }

            using Process interrupt = Process.Start("kill", ["-INT", $"{training.Id}"]);
            string rest = await training.StandardOutput.ReadToEndAsync(patience.Token);
            await training.WaitForExitAsync(patience.Token);

            Assert.Equal(0, training.ExitCode);
            Assert.Contains($" --output {folder.File("run")} --threads 2 --export --replace --resume", rest, StringComparison.Ordinal);
            Assert.InRange(Checkpoint.ReadProgress(folder.File("run/checkpoint"), _ => null).Step, 6, 29_999);
        }
        finally
        {
            training.Kill();
        }
    }
}
