using Deq.Export.Bundling;
using Deq.Export.Tasks.Restoration;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Runtime.Bundles;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Restoration;

public sealed class RestorationCardSpecs
{
    private static CardText Shipped => RestorationCard.Of(
        BundleListing.Read(Repository.Folder("models", "restore")), RestorationRecipeReader.Read(Repository.Folder("models", "restore", "recipe.json")));

    [Fact]
    public void Says_of_which_pictures_the_solution_is_unique_and_both_defaults()
    {
        CardText card = Shipped;

        Assert.Contains("With σ up to 40 denoising grey pictures at λ ≤ 1 has one solution", card.Limits, StringComparison.Ordinal);
        Assert.Contains("in colours at λ ≤ 0.5", card.Limits, StringComparison.Ordinal);
        Assert.Contains(card.Facts, fact => fact.Contains("0.0005, at most 60 evaluations; masks, blurs and shrinking: 0.0001, at most 120.", StringComparison.Ordinal));
    }

    [Fact]
    public void Is_what_the_shipped_model_has()
    {
        string shipped = File.ReadAllText(Repository.Folder("models", "restore", "MODEL_CARD.md"));

        CardText card = Shipped;

        Assert.Contains(card.Limits, shipped, StringComparison.Ordinal);
        Assert.All(card.Facts, fact => Assert.Contains($"- {fact}\n", shipped, StringComparison.Ordinal));
    }
}
