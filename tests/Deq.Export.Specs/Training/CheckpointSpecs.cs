using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Flow;
using Deq.Export.Training;

namespace Deq.Export.Specs.Training;

public sealed class CheckpointSpecs
{
    [Fact]
    public void Is_found_in_its_old_place_when_the_exchange_was_interrupted()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), folder.Path);
        string directory = folder.File("checkpoint");
        Directory.Move(directory, directory + ".old");

        string? found = Checkpoint.Find(directory);

        Assert.Equal(directory + ".old", found);
        Assert.Equal(3, Checkpoint.ReadProgress(found!, _ => null).Step);
    }

    [Fact]
    public void Is_refused_when_it_belongs_to_another_recipe()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), folder.Path);
        System.Text.Json.Nodes.JsonObject wider = ThreeShapes.Recipe(epochs: 1);
        wider["architecture"]!["channels"] = new System.Text.Json.Nodes.JsonArray(16, 16);

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => ThreeShapes.Train(wider, folder.Path, resume: true));

        Assert.Contains("recipe", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_not_found_where_there_is_none()
    {
        using TemporaryFolder folder = new();

        Assert.Null(Checkpoint.Find(folder.File("checkpoint")));
    }

    [Fact]
    public void Is_not_found_where_its_very_first_writing_was_interrupted()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), folder.Path);
        string directory = folder.File("checkpoint");
        Directory.Move(directory, directory + ".new");
        File.Move(Path.Combine(directory + ".new", "optimizer.bin"), Path.Combine(directory + ".new", "optimizer.bin.part"));

        Assert.Null(Checkpoint.Find(directory));
    }

    [Fact]
    public void Names_its_task_and_is_refused_by_a_program_that_does_not_know_it()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 1), folder.Path);

        (ITrainedTask task, TrainingProgress progress) = TrainedTasks.OfProgram.OfCheckpoint(folder.File("checkpoint"));

        Assert.Equal((progress.Task, 3), (task.Name, progress.Step));
        Assert.Throws<InvalidDataException>(() => new TrainedTasks(new FlowTask()).OfCheckpoint(folder.File("checkpoint")));
    }

    [Theory]
    [InlineData("image-classification", 2, """
        { "labels": ["a", "b"], "device": "cpu", "epoch": 1, "step": 1, "sums": { "images": 30, "loss": 60, "right": 15, "seconds": 2 },
          "epochs": [{ "epoch": 1, "phase": "equilibrium", "loss": 1.5, "accuracy": 0.7, "seconds": 60, "jacobianPenalty": "NaN" }], "bestAccuracy": 0.7 }
        """)]
    [InlineData("optical-flow", 7, """{ "step": 7, "device": "cuda", "log": ["step,seconds,loss", "4,60,1.5"] }""")]
    public void Is_read_as_it_was_written_before_checkpoints_named_their_task(string task, long step, string text)
    {
        using TemporaryFolder folder = new();
        folder.Write("progress.json", System.Text.Encoding.UTF8.GetBytes(text));

        (ITrainedTask read, TrainingProgress progress) = TrainedTasks.OfProgram.OfCheckpoint(folder.Path);

        Assert.Equal((task, step), (read.Name, progress.Step));
        Assert.Equal([60.0], new TrainingLog(progress.Log).Column("seconds"));
        Assert.Equal([1.5], new TrainingLog(progress.Log).Column("loss"));
    }
}
