using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
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
        Assert.Equal(1, Checkpoint.ReadProgress(found!).Epoch);
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
}
