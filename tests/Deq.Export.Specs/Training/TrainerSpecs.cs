using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Training;

public sealed class TrainerSpecs
{
    public static TheoryData<string, string, string> Choices => new()
    {
        { "phantom-unrolled", "adamw", "one-cycle" },
        { "implicit", "sgd", "cosine" },
        { "phantom-neumann", "adamw", "cosine" },
        { "one-step", "adamw", "constant" },
        { "shine", "adamw", "one-cycle" },
        { "unrolled", "adamw", "one-cycle" },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void Learns_to_tell_three_shapes_apart(string gradient, string optimizer, string schedule)
    {
        using TemporaryFolder folder = new();
        JsonObject recipe = ThreeShapes.Recipe(epochs: optimizer == "sgd" ? 20 : 12);
        recipe["gradient"] = JsonNode.Parse($$"""{ "kind": "{{gradient}}" }""");
        recipe["solver"] = JsonNode.Parse($$"""{ "method": "{{(gradient == "shine" ? "broyden" : "anderson")}}" }""");
        recipe["optimizer"]!["kind"] = optimizer;
        recipe["optimizer"]!["learningRate"] = optimizer == "sgd" ? 0.1 : 0.01;
        recipe["schedule"] = JsonNode.Parse($$"""{ "kind": "{{schedule}}" }""");

        TrainingProgress progress = ThreeShapes.Train(recipe, folder.Path);

        Assert.InRange(progress.BestScore!.Value, 0.85, 1);
        IReadOnlyList<double> losses = new TrainingLog(progress.Log).Column("loss");
        Assert.True(losses[^1] < 0.6 * losses[0]);
    }

    [Fact]
    public void Learns_from_the_inverse_of_the_adjoint_method_with_outer_updates()
    {
        using TemporaryFolder folder = new();
        JsonObject recipe = ThreeShapes.Recipe(epochs: 12);
        recipe["gradient"] = JsonNode.Parse("""{ "kind": "shine", "inverse": "adjoint-broyden", "opaEvery": 3, "refinements": 1 }""");
        recipe["solver"] = JsonNode.Parse("""{ "method": "broyden" }""");
        recipe["optimizer"]!["learningRate"] = 0.01;

        TrainingProgress progress = ThreeShapes.Train(recipe, folder.Path);

        Assert.InRange(progress.BestScore!.Value, 0.85, 1);
    }

    [Fact]
    public void Logs_every_epoch_and_draws_its_curves()
    {
        using TemporaryFolder folder = new();

        TrainingProgress progress = ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path);

        string[] lines = File.ReadAllLines(folder.File("log.csv"));
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("epoch,phase,loss,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("1,pretrain,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("3,equilibrium,", lines[3], StringComparison.Ordinal);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(folder.File("curves.png"))[..4]);
        var log = new TrainingLog(progress.Log);
        Assert.All(log.Column("spectral_radius"), radius => Assert.InRange(radius, 1e-3, 100));
        Assert.All(log.Column("training_evaluations").Skip(1), evaluations => Assert.InRange(evaluations, 1, 12));
    }

    [Fact]
    public void Gives_the_same_weights_from_the_same_seed_and_others_from_another()
    {
        using TemporaryFolder first = new();
        using TemporaryFolder second = new();
        using TemporaryFolder other = new();
        JsonObject changed = ThreeShapes.Recipe(epochs: 2);
        changed["seed"] = 6;

        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), first.Path);
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), second.Path);
        ThreeShapes.Train(changed, other.Path);

        Assert.Equal(Weights(first), Weights(second));
        Assert.NotEqual(Weights(first), Weights(other));
    }

    [Fact]
    public void Goes_on_after_an_interruption_as_if_there_had_been_none()
    {
        using TemporaryFolder whole = new();
        using TemporaryFolder broken = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), whole.Path);

        TrainingProgress halfway = ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), broken.Path, stopAfter: 5);
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), broken.Path, resume: true);

        Assert.Equal((5, 2), (halfway.Step, halfway.Log.Count));
        Assert.Equal(Weights(whole), Weights(broken));
    }

    [Fact]
    public void Puts_an_earlier_run_aside_where_it_begins_anew()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), folder.Path);
        byte[] earlier = Weights(folder);

        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), folder.Path, stopAfter: 1);
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), folder.Path, resume: true);
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 2), folder.Path, stopAfter: 1);

        Assert.Equal(earlier, File.ReadAllBytes(folder.File("earlier-1/checkpoint/average.bin")));
        Assert.All(["earlier-1/best", "earlier-2/best", "checkpoint"], name => Assert.True(Directory.Exists(folder.File(name)), name));
        Assert.False(Directory.Exists(folder.File("best")));
        Assert.True(File.Exists(folder.File("earlier-1/log.csv")));
    }

    [Fact]
    public void Goes_on_only_with_what_it_held_out_when_it_began()
    {
        using TemporaryFolder folder = new();
        JsonObject other = ThreeShapes.Recipe(epochs: 3);
        other["seed"] = 6;
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, stopAfter: 2);

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => ThreeShapes.Train(other, folder.Path, resume: true));

        Assert.Contains("held out", fault.Message, StringComparison.Ordinal);
        Assert.Equal(9, ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, resume: true).Step);
    }

    [Fact]
    public void Refuses_to_resume_with_epochs_of_other_steps()
    {
        using TemporaryFolder folder = new();
        JsonObject other = ThreeShapes.Recipe(epochs: 3);
        other["training"]!["batchSize"] = 90;
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, stopAfter: 4);

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => ThreeShapes.Train(other, folder.Path, resume: true));

        Assert.StartsWith("training.batchSize is not that of the run: an epoch has 1 steps now and had 3.", fault.Message, StringComparison.Ordinal);
        Assert.Equal(12, ThreeShapes.Train(ThreeShapes.Recipe(epochs: 4), folder.Path, resume: true).Step);
    }

    [Fact]
    public void Refuses_to_resume_with_labels_in_another_order()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, stopAfter: 2);
        Rewrite(folder, progress => progress["outputNames"] = new JsonArray("standing", "lying", "frame"));

        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, resume: true));

        Assert.Contains("they are lying, standing, frame now and were standing, lying, frame", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resumes_from_a_checkpoint_that_does_not_say_how_long_its_epochs_are()
    {
        using TemporaryFolder folder = new();
        ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, stopAfter: 2);
        Rewrite(folder, progress => Assert.True(progress.Remove("stepsPerEpoch")));

        Assert.Equal(9, ThreeShapes.Train(ThreeShapes.Recipe(epochs: 3), folder.Path, resume: true).Step);
    }

    [Fact]
    public void Learns_with_every_stabilizer_at_once_and_goes_on_with_them_after_an_interruption()
    {
        using TemporaryFolder whole = new();
        using TemporaryFolder broken = new();

        TrainingProgress progress = ThreeShapes.Train(Stabilized(epochs: 12), whole.Path);
        ThreeShapes.Train(Stabilized(epochs: 12), broken.Path, stopAfter: 11);
        ThreeShapes.Train(Stabilized(epochs: 12), broken.Path, resume: true);

        Assert.InRange(progress.BestScore!.Value, 0.8, 1);
        Assert.Equal(Weights(whole), Weights(broken));
    }

    [Fact]
    public void Compares_its_gradient_with_the_exact_one_without_being_changed_by_it()
    {
        using TemporaryFolder compared = new();
        using TemporaryFolder plain = new();
        JsonObject recipe = ThreeShapes.Recipe(epochs: 3);
        ThreeShapes.Train(recipe, plain.Path);
        recipe["training"]!["compareGradientEvery"] = 2;

        TrainingProgress progress = ThreeShapes.Train(recipe, compared.Path);

        Assert.Equal(Weights(plain), Weights(compared));
        var log = new TrainingLog(progress.Log);
        Assert.All(log.Column("gradient_cosine").Skip(1), cosine => Assert.InRange(Math.Abs(cosine), 1e-9, 1 + 1e-5));
        Assert.Equal(double.NaN, log.Column("gradient_cosine")[0]);
        Assert.All(log.Column("peak_memory_mib"), memory => Assert.InRange(memory, 10, 1e6));
        Assert.EndsWith(",gradient_cosine,peak_memory_mib", File.ReadAllLines(compared.File("log.csv"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Stops_and_says_so_when_its_loss_is_not_finite()
    {
        using TemporaryFolder folder = new();
        JsonObject recipe = ThreeShapes.Recipe(epochs: 2);

        TrainingDivergedException fault = Assert.Throws<TrainingDivergedException>(() => ThreeShapes.Train(recipe, folder.Path, prepare: LoseAWeight));

        Assert.Contains("learning rate", fault.Message, StringComparison.Ordinal);
    }

    private static void Rewrite(TemporaryFolder folder, Action<JsonObject> change)
    {
        string path = folder.File("checkpoint/progress.json");
        JsonObject progress = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(progress);
        File.WriteAllText(path, progress.ToJsonString());
    }

    private static void LoseAWeight(TrainingState state)
    {
        using IDisposable noGradient = no_grad();
        state.Parameters.Trainable.First().Value.fill_(double.NaN);
    }

    private static JsonObject Stabilized(int epochs)
    {
        JsonObject recipe = ThreeShapes.Recipe(epochs);
        recipe["solver"] = JsonNode.Parse("""{ "minEvaluations": 6, "start": "mixed" }""");
        recipe["correction"] = JsonNode.Parse("""{ "states": 2 }""");
        recipe["jacobianRegularization"]!["at"] = "trajectory";
        recipe["training"]!["dropout"] = 0.1;
        return recipe;
    }

    private static byte[] Weights(TemporaryFolder folder) => File.ReadAllBytes(folder.File("checkpoint/average.bin"));
}
