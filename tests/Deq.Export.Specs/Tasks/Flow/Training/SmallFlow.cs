using Deq.Export.Recipes;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Tasks.Flow.Training;

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

    public static FlowTrainer Trainer(FlowRecipe recipe, string folder, bool resume = false) =>
        new(recipe, "{}", folder, resume, TorchSharp.torch.CPU, TimeProvider.System, _ => { });
}
