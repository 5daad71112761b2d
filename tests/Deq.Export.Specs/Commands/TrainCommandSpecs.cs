using System.Diagnostics;
using System.Text.Json.Nodes;
using Deq.Export.Commands;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Tasks;
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

            Assert.Equal(130, training.ExitCode);
            Assert.Contains($" --output {folder.File("run")} --threads 2 --export --replace --resume", rest, StringComparison.Ordinal);
            Assert.InRange(Checkpoint.ReadProgress(folder.File("run/checkpoint"), _ => null).Step, 6, 29_999);
        }
        finally
        {
            training.Kill();
        }
    }

    [Fact]
    public void Stops_between_two_measurements_of_the_export_and_writes_no_bundle()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.WriteIdx(folder, count: 60);
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), folder.File("run"));
        var request = new ExportRequest
        {
            Checkpoint = folder.File("run"),
            Output = folder.File("bundle"),
            Data = [new DirectoryInfo(folder.File("data"))],
            Threads = 1,
            Cancellation = new CancellationToken(canceled: true),
        };

        Assert.Throws<OperationCanceledException>(() => ExportCommand.Run(TrainedTasks.OfProgram, request));

        Assert.False(Directory.Exists(folder.File("bundle")));
    }
}
