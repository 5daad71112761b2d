using Deq.Export.Recipes;
using Deq.Export.Specs.Training;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;

namespace Deq.Export.Specs.Tasks.Flow.Training;

/// <summary>An estimator and clips small enough to train in seconds.</summary>
internal static class SmallFlow
{
    public static FlowRecipe Recipe(int steps) => new()
    {
        Name = "small",
        Seed = 3,
        Architecture = new FlowSizes { Features = 8, Trunk = [8, 16], Window = 1 },
        Motion = new MotionOptions { Height = 32, Width = 48, MaxMotion = 4, FirstMotion = 4, MaxLayers = 1, Light = 0 },
        Solve = new FlowSolveRecipe { FewestEvaluations = 3, MostEvaluations = 9 },
        Optimizer = new OptimizerRecipe { LearningRate = 3e-3 },
        Training = new FlowLoopRecipe { Steps = steps, BatchSize = 4, AverageDecay = 0.9, ReportEvery = 1000, ValidationPairs = 16 },
    };

    public static Trainer Trainer(FlowRecipe recipe, string folder, bool resume = false, CancellationTokenSource? stop = null) =>
        new(new FlowRun(recipe, TorchSharp.torch.CPU), new TrainingFiles(folder, "{}", "cpu", TimeProvider.System), resume, new SilentView(stop));

    /// <summary>Makes a step as the loop does, without its average.</summary>
    public static (int Evaluations, double Loss, double EndpointError, double GuessError, double Change) Make(
        FlowTrainingStep step, TrainingState state, int number)
    {
        using IDisposable scope = TorchSharp.torch.NewDisposeScope();
        state.Optimizer.zero_grad();
        FlowStep made = step.Make(number);
        made.Objective.Loss.backward();
        TorchSharp.torch.nn.utils.clip_grad_norm_(state.Parameters.Trainable.Select(entry => entry.Value), new FlowLoopRecipe { Steps = 1 }.GradientClip);
        state.Optimizer.step();
        var measured = made.Objective.Measure().ToDictionary(one => one.Name, one => one.Value);
        return (made.Evaluations, made.Objective.Loss.item<float>(), measured["training_epe"], measured["training_guess_epe"], measured["change"]);
    }
}
