using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Training;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Classification.Training;

public sealed class AdversarialImagesSpecs(AdversarialImagesSpecs.Trained trained) : IClassFixture<AdversarialImagesSpecs.Trained>
{
    private const int Epochs = 8;
    private const double Bound = 1;

    private readonly TemporaryFolder _folder = trained.Folder;

    [Theory]
    [InlineData(0.2)]
    [InlineData(1.5)]
    public void Changes_the_first_images_within_the_bound_and_leaves_the_others(double bound)
    {
        using IDisposable scope = NewDisposeScope();

        Searched searched = Search("plain", bound);

        ReadOnlySpan<float> before = searched.Before.data<float>().ToArray(), after = searched.Changed.Images.data<float>().ToArray();
        int size = before.Length / (int)searched.Before.shape[0];
        Assert.Equal(searched.Before.shape[0] / 2, searched.Changed.Count);
        Assert.True(before[(size * searched.Changed.Count)..].SequenceEqual(after[(size * searched.Changed.Count)..]));
        for (int image = 0; image < searched.Changed.Count; image++)
        {
            double squares = 0;
            for (int pixel = image * size; pixel < (image + 1) * size; pixel++)
            {
                squares += Math.Pow(0.5 * (after[pixel] - before[pixel]), 2);
                Assert.InRange((0.5 * after[pixel]) + 0.25, -1e-6, 1 + 1e-6);
            }

            Assert.InRange(Math.Sqrt(squares), 0, bound * 1.001);
        }

        Assert.InRange(searched.Changed.MeanChange, 0.1, bound);
    }

    [Fact]
    public void Finds_another_label_for_more_images_the_further_they_may_change()
    {
        using IDisposable scope = NewDisposeScope();

        Assert.True(Search("plain", 0.1).Changed.OtherShare < 0.2);
        Assert.True(Search("plain", 3).Changed.OtherShare > 0.8);
    }

    [Fact]
    public void Makes_a_model_that_loses_less_on_changed_images()
    {
        using IDisposable scope = NewDisposeScope();

        (Searched plain, Searched adversarial) = (Search("plain", Bound), Search("adversarial", Bound));

        Assert.True(adversarial.Changed.OtherShare < plain.Changed.OtherShare, $"{adversarial.Changed.OtherShare} {plain.Changed.OtherShare}");
        Assert.True(adversarial.Changed.MeanChange > 1.5 * plain.Changed.MeanChange, $"{adversarial.Changed.MeanChange} {plain.Changed.MeanChange}");
        Assert.True(adversarial.Loss < 0.8 * plain.Loss, $"{adversarial.Loss} {plain.Loss}");
    }

    [Fact]
    public void Gets_the_same_weights_again_and_others_than_without()
    {
        byte[] first = Weights("one", Adversarial(epochs: 2));
        byte[] second = Weights("two", Adversarial(epochs: 2));
        byte[] without = Weights("without", Plain(epochs: 2));

        Assert.Equal(first, second);
        Assert.NotEqual(first, without);
    }

    /// <summary>One whose cell contracts: plain evaluations reach its equilibria.</summary>
    private static JsonObject Plain(int epochs = Epochs)
    {
        JsonObject recipe = ThreeShapes.Recipe(epochs);
        recipe["jacobianRegularization"] = JsonNode.Parse("""{ "weight": 3, "probability": 1 }""");
        recipe["training"] = JsonNode.Parse($$"""{ "epochs": {{epochs}}, "batchSize": 10, "averageDecay": 0.5 }""");
        return recipe;
    }

    private static JsonObject Adversarial(int epochs = Epochs)
    {
        JsonObject recipe = Plain(epochs);
        recipe["adversarial"] = new JsonObject { ["bound"] = Bound, ["evaluations"] = 24, ["share"] = 0.5, ["warmUpEpochs"] = 1 };
        return recipe;
    }

    private byte[] Weights(string name, JsonObject recipe)
    {
        ThreeShapes.Train(recipe, _folder.File(name));
        return File.ReadAllBytes(Path.Combine(Checkpoint.Find(Path.Combine(_folder.File(name), "checkpoint"))!, "average.bin"));
    }

    /// <summary>Changes images by the search against a trained model, and takes the loss of what another solve answers for the changed ones.</summary>
    private Searched Search(string name, double bound)
    {
        ClassifierRecipe recipe = SmallRecipe.Read(Plain());
        var images = new TrainingImages(recipe, ThreeShapes.Images(120), CPU);
        var network = new EquilibriumNetwork(ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, images.Labels.Count));
        using var parameters = new ModelParameters(network.Graphs.Weights, seed: 1);
        Checkpoint.ReadAverage(Checkpoint.Find(Path.Combine(_folder.File(name), "checkpoint"))!, parameters);
        BoundNetwork still = network.Bind(parameters.Compose().ToDictionary(weight => weight.Key, weight => weight.Value.detach(), StringComparer.Ordinal));
        (Tensor before, Tensor labels) = images.Plain([.. Enumerable.Range(0, 30)]);
        var search = new AdversarialImages(new AdversarialRecipe { Bound = bound, Evaluations = 60 }, recipe.Input, network.Graphs.StateWidth, images.Labels.Count);

        ChangedImages changed = search.Change(still, before, labels);

        using IDisposable off = no_grad();
        Tensor[] x = still.Encode(changed.Images.narrow(0, 0, changed.Count));
        Tensor z = zeros(changed.Count, network.Graphs.StateWidth);
        for (int evaluation = 0; evaluation < 30; evaluation++)
        {
            z = still.Evaluate(z, x);
        }

        double loss = nn.functional.cross_entropy(still.Decode(z, x), labels.narrow(0, 0, changed.Count)).item<float>();
        return new Searched(before, changed, loss);
    }

    private sealed record Searched(Tensor Before, ChangedImages Changed, double Loss);

    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            ThreeShapes.Train(Plain(), Folder.File("plain"));
            ThreeShapes.Train(Adversarial(), Folder.File("adversarial"));
        }

        internal TemporaryFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }
}
