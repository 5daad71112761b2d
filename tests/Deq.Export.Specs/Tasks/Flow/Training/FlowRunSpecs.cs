using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using Deq.Runtime.Tasks.Flow.WarmStarts;
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
    public void Fine_tunes_after_its_steps_at_another_rate_and_can_be_resumed_there_too()
    {
        using var folder = new TemporaryFolder();
        FlowRecipe plain = SmallFlow.Recipe(steps: 3);
        FlowRecipe tuned = plain with
        {
            FineTuning = [new FlowFineTuning { Steps = 2, LearningRate = 1e-4, AverageDecay = 0.5, Phase = plain.At(1) with { From = 1 } }],
        };
        using Trainer first = SmallFlow.Trainer(plain, folder.Path);
        first.Run(CancellationToken.None);
        using Trainer second = SmallFlow.Trainer(tuned, folder.Path, resume: true);

        second.Run(CancellationToken.None);

        Assert.Equal((3, 5), (first.Progress.Step, second.Progress.Step));
        Assert.InRange(second.Log.Column("learning_rate")[^1], 1e-6, 1e-4);
        Assert.NotEqual(second.Log.Column("cold_4")[0], second.Log.Column("cold_4")[1]);
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

        Tensor carried = CarriedState.Forward(z, CarryFill.Cold);

        // The first cell goes to 0.6 onto the second and to 0.4 onto the third; the fifth to 0.4 onto itself and to 0.6 onto the fourth.
        Assert.Equal([0, 2.6f / 1.6f, 3.4f / 1.4f, 7 / 1.6f, 5, 0], carried[0, 0].contiguous().data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-5f);
        Assert.Equal(0.6f * 1.4f / 1.6f, carried[0, 1, 0, 1].item<float>(), 1e-5f);
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
                { "from": 0.8, "motion": { "height": 96 }, "batchSize": 3, "solve": { "mostEvaluations": 30 } }],
              "fineTuning": [
                { "steps": 4, "learningRate": 1e-4, "averageDecay": 0.5, "solve": { "mostEvaluations": 20 } },
                { "steps": 3, "learningRate": 1e-5, "batchSize": 2 }] }
            """u8.ToArray());

        FlowRecipe recipe = FlowRecipeReader.Read(path);

        Assert.Equal((0, 12, 64, 6), Of(0.49));
        Assert.Equal((0.1, 12, 64, 6), Of(0.5));
        Assert.Equal((0.1, 30, 96, 3), Of(0.9));
        Assert.Equal((0.1, 20, 96, 3), Of(1));
        Assert.Equal((0.1, 20, 96, 3), Of(1.39));
        Assert.Equal((0.1, 20, 96, 2), Of(1.4));
        Assert.Equal((null, 1e-4, 1e-5), (recipe.TuningAt(0.99)?.LearningRate, recipe.TuningAt(1)?.LearningRate, recipe.TuningAt(1.4)?.LearningRate));
        Assert.Equal(0.5, recipe.TuningAt(1.4)?.AverageDecay);
        Assert.Equal(17, recipe.Steps);
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
