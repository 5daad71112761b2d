using System.Text.Json.Nodes;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Training;
using Deq.Export.Training;

namespace Deq.Export.Specs.Tasks.Classification.Training;

public sealed class ClassifierScoreSpecs
{
    [Theory]
    [InlineData(0.90001, 0, 100, 0.9, 1, 0)]
    [InlineData(1, 0.96667, 0.46, 1, 0.96666, 0.001)]
    [InlineData(1, 1, 0.001, 1, 1, 0.002)]
    public void Is_higher_by_accuracy_then_convergence_then_loss(
        double accuracy, double converged, double loss, double otherAccuracy, double otherConverged, double otherLoss)
    {
        double better = ClassifierScore.Of(accuracy, converged, loss);
        double worse = ClassifierScore.Of(otherAccuracy, otherConverged, otherLoss);

        Assert.True(better > worse, $"{better:R} {worse:R}");
        Assert.InRange(better, 0, 1);
    }

    [Theory]
    [InlineData("0.95", null)]
    [InlineData("0.42", "add \"jacobianRegularization\"")]
    public void Warns_with_a_cure_when_too_few_converge_in_the_best_epoch(string converged, string? cure)
    {
        ClassifierRecipe recipe = SmallRecipe.Read(SmallRecipe.Json());
        var log = new TrainingLog(["epoch,loss,accuracy,converged_share,spectral_radius", "1,2,0.5,1,0.5", $"2,1,0.9,{converged},1.12", "3,1,0.8,1,0.5"]);

        string? advice = ClassifierScore.Advice(log, recipe);

        Assert.Equal(cure is null, advice is null);
        Assert.Contains(cure ?? "", advice ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "weight": 0.2 }""", "raise jacobianRegularization.weight from 0.2 to 0.4,")]
    [InlineData("""{ "weight": 0.2, "laterWeight": 0.05, "laterFromEpoch": 2 }""", "raise jacobianRegularization.laterWeight from 0.05 to 0.1,")]
    [InlineData("""{ "weight": 0.2, "laterWeight": 0, "laterFromEpoch": 2 }""", "raise jacobianRegularization.laterWeight from 0 to 0.2,")]
    [InlineData("""{ "weight": 0.2, "laterWeight": 0.05, "laterFromEpoch": 3 }""", "raise jacobianRegularization.weight from 0.2 to 0.4,")]
    public void Speaks_of_the_best_epoch_after_pretraining_and_of_the_weight_that_it_had(string penalty, string cure)
    {
        JsonObject json = SmallRecipe.Json();
        json["jacobianRegularization"] = JsonNode.Parse(penalty);
        json["training"]!["pretrainEpochs"] = 1;
        var log = new TrainingLog(["epoch,phase,loss,accuracy,converged_share,spectral_radius", "1,pretrain,1,0.95,1,0.5", "2,equilibrium,1,0.9,0.42,1.12", "3,equilibrium,1,0.8,1,0.5"]);

        string? advice = ClassifierScore.Advice(log, SmallRecipe.Read(json));

        Assert.Contains("spectral radius 1.12", advice, StringComparison.Ordinal);
        Assert.Contains(cure, advice, StringComparison.Ordinal);
    }
}
