using Deq.Export.FlowTraining;
using Deq.Export.Recipes;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Export.Specs.FlowTraining;

public sealed class AFlowTrainingRun
{
    [Fact]
    public void Goes_on_after_an_interruption_as_if_there_had_been_none()
    {
        using var whole = new TemporaryFolder();
        using var halves = new TemporaryFolder();
        FlowRecipe recipe = SmallFlow.Recipe(steps: 6);
        using FlowTrainer uninterrupted = SmallFlow.Trainer(recipe, whole.Path);
        uninterrupted.Run(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        using FlowTrainer first = new(
            recipe with { Training = recipe.Training with { ReportEvery = 3 } }, "{}", halves.Path, false, CPU, TimeProvider.System, _ => stop.Cancel());
        first.Run(stop.Token);

        using FlowTrainer second = SmallFlow.Trainer(recipe, halves.Path, resume: true);
        second.Run(CancellationToken.None);

        Assert.Equal(3, first.Progress.Step);
        Assert.Equal(uninterrupted.Validated!.ColdErrors, second.Validated!.ColdErrors);
        Assert.Equal(uninterrupted.Validated.CarriedErrors, second.Validated.CarriedErrors);
    }

    [Fact]
    public void Carries_each_cell_to_where_it_moves_and_leaves_the_rest_cold()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor z = zeros(1, 3, 2, 3);
        z[0, 0] = tensor((float[])[1, 2, 3, 4, 5, 6], [2, 3]);
        z[0, 1, 0, 0] = 1.4f;
        z[0, 1, 1, 1] = -0.6f;
        z[0, 2, 1, 2] = 9;

        Tensor carried = CarriedState.Forward(z);

        Assert.Equal([0, 1, 3, 5, 0, 0], carried[0, 0].contiguous().data<float>().ToArray());
        Assert.Equal(1.4f, carried[0, 1, 0, 1].item<float>());
    }

    [Theory]
    [InlineData("flow-two-cores")]
    [InlineData("flow-gpu")]
    public void Can_follow_the_recipes_of_the_repository(string name)
    {
        FlowRecipe recipe = FlowRecipeReader.Read(Repository.Folder("Deq.Export", "FlowTraining", "Recipes", $"{name}.json"));

        Assert.Equal(name, recipe.Name);
        Assert.True(recipe.Solve.MostEvaluations >= 36);
    }

    [Fact]
    public void Reports_every_fault_of_a_recipe_at_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "Flow", "solve": { "fewestEvaluations": 2, "carriedShare": 0.9, "randomShare": 0.2, "tau": 1 },
              "motion": { "height": 60 }, "architecture": { "window": 3 }, "optimizer": { "learningRate": 0 } }
            """u8.ToArray());

        string message = Assert.Throws<RecipeException>(() => FlowRecipeReader.Read(path)).Message;

        Assert.All(
            ["name", "solve.fewestEvaluations", "solve.carriedShare", "solve.tau", "motion.height", "architecture.window", "optimizer.learningRate", "training"],
            place => Assert.Contains(place, message));
    }
}
