using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow.Training;

public sealed class FlowRunSpecs
{
    [Fact]
    public void Gives_the_same_weights_when_it_is_resumed_as_when_it_was_never_interrupted()
    {
        using var whole = new TemporaryFolder();
        using var halves = new TemporaryFolder();
        FlowRecipe recipe = SmallFlow.Recipe(steps: 6);
        recipe = recipe with { Training = recipe.Training with { ReportEvery = 3 } };
        using Trainer uninterrupted = SmallFlow.Trainer(recipe, whole.Path);
        uninterrupted.Run(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        using Trainer first = SmallFlow.Trainer(recipe, halves.Path, stop: stop);
        first.Run(stop.Token);

        using Trainer second = SmallFlow.Trainer(recipe, halves.Path, resume: true);
        second.Run(CancellationToken.None);

        Assert.Equal(3, first.Progress.Step);
        Assert.Equal(uninterrupted.Log.Column("cold_4"), second.Log.Column("cold_4"));
        Assert.Equal(File.ReadAllBytes(whole.File("checkpoint/average.bin")), File.ReadAllBytes(halves.File("checkpoint/average.bin")));
    }

    [Fact]
    public void Can_follow_the_recipe_of_the_repository()
    {
        FlowRecipe recipe = FlowRecipeReader.Read(Repository.Folder("Deq.Export", "Tasks", "Flow", "Recipes", "flow-two-cores.json"));

        Assert.Equal("flow", recipe.Name);
        Assert.True(recipe.At(0.99).Motion.MaxMotion > recipe.At(0).Motion.MaxMotion);
        Assert.True(recipe.Motion is { PhotoShare: > 0, PanShare: > 0, ThinShare: > 0 });
    }

    [Fact]
    public void Changes_in_a_phase_what_the_phase_names_and_keeps_the_rest()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "flow", "motion": { "height": 64, "maxMotion": 6 }, "solve": { "randomShare": 0, "mostEvaluations": 12 },
              "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 10, "batchSize": 6 },
              "phases": [
                { "from": 0.5, "solve": { "randomShare": 0.1 } },
                { "from": 0.8, "motion": { "height": 96 }, "batchSize": 3, "solve": { "mostEvaluations": 30 } }] }
            """u8.ToArray());

        FlowRecipe recipe = FlowRecipeReader.Read(path);

        Assert.Equal((0, 12, 64, 6), Of(0.49));
        Assert.Equal((0.1, 12, 64, 6), Of(0.5));
        Assert.Equal((0.1, 30, 96, 3), Of(0.9));
        Assert.Equal(6, recipe.At(0.9).Motion.MaxMotion);

        (double Random, int Most, int Height, int Pairs) Of(double progress)
        {
            FlowPhase phase = recipe.At(progress);
            return (phase.Solve.RandomShare, phase.Solve.MostEvaluations, phase.Motion.Height, phase.BatchSize);
        }
    }

    [Fact]
    public void Holds_each_phase_to_the_rules_of_the_whole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "flow", "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 10 },
              "phases": [{ "from": 0.5, "motion": { "width": 50 }, "solve": { "fewestEvaluations": 2 } }, { "from": 0.4 }] }
            """u8.ToArray());

        string message = Assert.Throws<RecipeException>(() => FlowRecipeReader.Read(path)).Message;

        Assert.All(["phases[0].motion.width", "phases[0].solve.fewestEvaluations", "phases[1].from"], place => Assert.Contains(place, message));
    }

    [Fact]
    public void Draws_the_same_clips_prepared_or_not()
    {
        using IDisposable scope = NewDisposeScope();
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10);
        var plain = new FlowBatches(recipe.Motion, 3, null, CPU);
        var prepared = new FlowBatches(recipe.Motion, 3, null, CPU);

        prepared.Prepare(seed: 5, step: 7, progress: 0.5);
        FlowBatch another = prepared.Draw(5, 7, 0.5);
        prepared.Prepare(seed: 5, step: 8, progress: 0.5);
        FlowBatch notThePrepared = prepared.Draw(5, 9, 0.5);

        Assert.Equal(plain.Draw(5, 7, 0.5).Inputs[0].data<float>().ToArray(), another.Inputs[0].data<float>().ToArray());
        Assert.Equal(plain.Draw(5, 9, 0.5).Inputs[0].data<float>().ToArray(), notThePrepared.Inputs[0].data<float>().ToArray());
    }

    [Fact]
    public void Reports_every_fault_of_a_recipe_at_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "Flow", "solve": { "fewestEvaluations": 2, "randomShare": 1.2, "tau": 1 },
              "motion": { "height": 60 }, "architecture": { "window": 30 }, "optimizer": { "learningRate": 0 },
              "phases": [{ "from": 1, "motion": { "width": 50 } }] }
            """u8.ToArray());

        string message = Assert.Throws<RecipeException>(() => FlowRecipeReader.Read(path)).Message;

        Assert.All(
            ["name", "solve.fewestEvaluations", "solve.randomShare", "solve.tau", "motion.height", "architecture.window", "optimizer.learningRate", "training",
                "phases[0].from"],
            place => Assert.Contains(place, message));
    }
}
