using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Specs.Tasks.Classification.Recipes;

public sealed class ClassifierRecipeReaderSpecs
{
    [Fact]
    public void Fills_in_the_documented_defaults_when_a_recipe_gives_only_what_it_must()
    {
        JsonObject json = SmallRecipe.Json();

        ClassifierRecipe recipe = SmallRecipe.Read(json);

        Assert.Equal(("1.0.0", 0, null), (recipe.Version, recipe.Seed, recipe.Labels));
        Assert.Equal(new DatasetRecipe(), recipe.Dataset);
        Assert.Equal(new AugmentationRecipe(), recipe.Augmentation);
        Assert.Equal(new SolverRecipe(), recipe.Solver);
        Assert.Equal(new GradientRecipe(), recipe.Gradient);
        Assert.Equal(new ScheduleRecipe(), recipe.Schedule);
        Assert.Null(recipe.JacobianRegularization);
        Assert.Null(recipe.Correction);
        Assert.Equal(new OptimizerRecipe { LearningRate = 0.001 }, recipe.Optimizer);
        Assert.Equal(new LoopRecipe { Epochs = 4 }, recipe.Training);
        Assert.Equivalent(new ArchitectureRecipe { Channels = [8, 16], StemChannels = 8 }, recipe.Architecture, strict: true);
    }

    [Fact]
    public void Reads_back_every_member_of_a_recipe_that_was_written_with_other_values_than_the_defaults()
    {
        ClassifierRecipe written = UnusualRecipe.Everywhere;

        ClassifierRecipe read = SmallRecipe.Read(JsonSerializer.SerializeToNode(written, ModelManifest.Json)!);

        Assert.Equivalent(written, read, strict: true);
        Assert.Equal(Serialized(written), Serialized(read));
    }

    [Fact]
    public void Reports_five_faults_in_five_lines()
    {
        JsonObject json = SmallRecipe.Json();
        json["sede"] = 3;
        json["optimizer"]!["learningRate"] = -1;
        json["architecture"]!["widths"] = new JsonArray(1, 2);
        json["training"]!.AsObject().Remove("epochs");
        json["serving"]!["evaluationsLimit"] = 3;

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(json));

        Assert.Equal(5, fault.Faults.Count);
        Assert.All(fault.Faults, line => Assert.Contains(line, fault.Message, StringComparison.Ordinal));
        Assert.Contains(fault.Faults, line => line.StartsWith("sede: is not a key", StringComparison.Ordinal));
        Assert.Contains("optimizer.learningRate: must be a number in (0, 10], not -1.", fault.Faults);
        Assert.Contains(fault.Faults, line => line.StartsWith("architecture.widths: is not a key", StringComparison.Ordinal));
        Assert.Contains(fault.Faults, line => line == "training.epochs: is missing.");
        Assert.Contains(fault.Faults, line => line == "serving.evaluationsLimit: is 3, below maxEvaluations, 12.");
    }

    [Theory]
    [InlineData("name", "\"No capitals\"")]
    [InlineData("version", "\"1.0\"")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "1.5")]
    [InlineData("labels", "[\"only one\"]")]
    [InlineData("labels[1]", "[\"a\", \" \"]")]
    [InlineData("labels", "[\"a\", \"a\"]")]
    [InlineData("input.channels", "2")]
    [InlineData("input.mean", "[0.5, 0.5, 0.5]")]
    [InlineData("input.mean[0]", "[1.5]")]
    [InlineData("input.deviation", "[0.5, 0.5]")]
    [InlineData("input.deviation[0]", "[0]")]
    [InlineData("input.resize", "\"squeeze\"")]
    [InlineData("dataset.format", "\"tfrecord\"")]
    [InlineData("dataset.validationShare", "0")]
    [InlineData("augmentation.horizontalFlip", "\"yes\"")]
    [InlineData("augmentation.shiftPixels", "4")]
    [InlineData("augmentation.eraseProbability", "1.01")]
    [InlineData("augmentation.eraseArea", "0")]
    [InlineData("adversarial.bound", "0")]
    [InlineData("architecture.kind", "\"transformer\"")]
    [InlineData("architecture.channels[1]", "[8, 12]")]
    [InlineData("architecture.channels", "[8, 8, 8, 8]")]
    [InlineData("architecture.channels", "[]")]
    [InlineData("architecture.headChannels", "[8]")]
    [InlineData("architecture.headChannels[0]", "[12, 24]")]
    [InlineData("architecture.stemChannels", "9")]
    [InlineData("architecture.stemStride", "3")]
    [InlineData("solver.method", "\"newton\"")]
    [InlineData("solver.tolerance", "0")]
    [InlineData("solver.maxEvaluations", "0")]
    [InlineData("solver.minEvaluations", "13")]
    [InlineData("solver.start", "\"ones\"")]
    [InlineData("correction.states", "9")]
    [InlineData("training.dropout", "0.95")]
    [InlineData("training.compareGradientEvery", "-1")]
    [InlineData("gradient.kind", "\"backpropagation\"")]
    [InlineData("gradient.kind", "\"shine\"")]
    [InlineData("gradient.damping", "0")]
    [InlineData("gradient.method", "\"newton\"")]
    [InlineData("gradient.warmStart", "1")]
    [InlineData("gradient.fallbackRatio", "1")]
    [InlineData("gradient.refinements", "51")]
    [InlineData("gradient.inverse", "\"newton\"")]
    [InlineData("gradient.inverse", "\"adjoint-broyden\"")]
    [InlineData("gradient.opaEvery", "101")]
    [InlineData("gradient.opaEvery", "5")]
    [InlineData("jacobianRegularization.weight", "0")]
    [InlineData("optimizer.kind", "\"adam\"")]
    [InlineData("optimizer.momentum", "1")]
    [InlineData("schedule.kind", "\"step\"")]
    [InlineData("schedule.warmUpShare", "0.95")]
    [InlineData("training.batchSize", "0")]
    [InlineData("training.averageDecay", "1")]
    [InlineData("training.pretrainEpochs", "5")]
    [InlineData("serving.toleranceLimit", "0.1")]
    [InlineData("serving.solver", "\"bisection\"")]
    [InlineData("serving", "[]")]
    public void Names_the_place_of_a_value_that_will_not_do(string place, string value)
    {
        JsonObject json = SmallRecipe.Json();
        Put(json, place.Split('[')[0], JsonNode.Parse(value)!);

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(json));

        Assert.StartsWith($"{place}: ", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_a_warm_up_of_all_epochs_would_change_no_image()
    {
        JsonObject json = SmallRecipe.Json();
        json["adversarial"] = JsonNode.Parse("""{ "bound": 1, "warmUpEpochs": 4 }""");

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(json));

        Assert.Equal(["adversarial.warmUpEpochs: is 4 of 4 epochs: no image would be changed."], fault.Faults);
    }

    [Fact]
    public void Says_once_that_a_section_is_missing()
    {
        JsonObject json = SmallRecipe.Json();
        json.Remove("serving");

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(json));

        Assert.Equal(["serving: is missing."], fault.Faults);
    }

    [Fact]
    public void Rejects_a_key_that_is_given_twice()
    {
        using TemporaryFolder folder = new();
        string text = SmallRecipe.Json().ToJsonString().Replace("\"epochs\":4", "\"epochs\":4,\"epochs\":5", StringComparison.Ordinal);
        string path = folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(text));

        RecipeException fault = Assert.Throws<RecipeException>(() => ClassifierRecipe.Read(path));

        Assert.Equal(["training.epochs: is given twice."], fault.Faults);
    }

    [Fact]
    public void Allows_comments_and_trailing_commas()
    {
        using TemporaryFolder folder = new();
        string text = SmallRecipe.Json().ToJsonString().Replace("\"epochs\":4", "/* short */ \"epochs\":4,", StringComparison.Ordinal);
        string path = folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(text));

        ClassifierRecipe recipe = ClassifierRecipe.Read(path);

        Assert.Equal(4, recipe.Training.Epochs);
    }

    [Fact]
    public void Reads_a_recipe_that_begins_with_a_byte_order_mark()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("recipe.json", [.. System.Text.Encoding.UTF8.Preamble, .. System.Text.Encoding.UTF8.GetBytes(SmallRecipe.Json().ToJsonString())]);

        Assert.Equal("tiny", ClassifierRecipe.Read(path).Name);
        Assert.Equal("tiny", RecipeFile.Look(path).GetProperty("name").GetString());
    }

    [Fact]
    public void Reports_branches_that_are_too_many_and_too_narrow_at_once()
    {
        JsonObject json = SmallRecipe.Json();
        json["architecture"]!["channels"] = new JsonArray(8, 12, 8, 8);
        json["architecture"]!["headChannels"] = new JsonArray(9);

        RecipeException fault = Assert.Throws<RecipeException>(() => SmallRecipe.Read(json));

        Assert.Equal(
            ["architecture.channels", "architecture.channels[1]", "architecture.headChannels", "architecture.headChannels[0]"],
            fault.Faults.Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Says_so_when_there_is_no_such_file()
    {
        RecipeException fault = Assert.Throws<RecipeException>(() => ClassifierRecipe.Read("missing.json"));

        Assert.Equal(["There is no such file."], fault.Faults);
    }

    [Theory]
    [InlineData("\"na\\ud800me\"")]
    [InlineData("{ \"na\\ud800me\": 1 }")]
    [InlineData("{ \"name\": \"\\udc00\" }")]
    [InlineData("{ \"name\": 3 } 4")]
    [InlineData("")]
    public void Says_so_when_the_file_is_not_json_or_not_unicode(string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(text));

        RecipeException fault = Assert.Throws<RecipeException>(() => ClassifierRecipe.Read(path));

        Assert.NotEmpty(fault.Faults);
    }

    [Fact]
    public void Gives_a_recipe_or_a_recipe_exception_whatever_the_file_holds()
    {
        using TemporaryFolder folder = new();
        byte[] good = System.Text.Encoding.UTF8.GetBytes(SmallRecipe.Json().ToJsonString());
        Gen<byte[]> damaged = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length], (at, value, length) =>
        {
            byte[] copy = [.. good];
            copy[at] = value;
            return copy[..Math.Max(length, copy.Length / 2)];
        });

        damaged.Each(
            500,
            bytes =>
            {
                string path = folder.Write("recipe.json", bytes);

                Exception? fault = Record.Exception(() => ClassifierRecipe.Read(path));

                Assert.True(fault is null or RecipeException { Faults.Count: > 0 }, $"{fault}");
            });
    }

    private static void Put(JsonObject json, string place, JsonNode value)
    {
        string[] keys = place.Split('.');
        if (keys.Length == 1)
        {
            json[place] = value;
            return;
        }

        json[keys[0]] ??= new JsonObject();
        json[keys[0]]![keys[1]] = value;
    }

    private static string Serialized(ClassifierRecipe recipe) => JsonSerializer.Serialize(recipe, ModelManifest.Json);
}
