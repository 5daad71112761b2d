using Deq.Export.Tasks.Classification.Recipes;

namespace Deq.Export.Specs.Tasks.Classification.Recipes;

/// <summary>A recipe of which no member has its default.</summary>
internal static class UnusualRecipe
{
    public static ClassifierRecipe Everywhere { get; } = new()
    {
        Name = "unusual-1",
        Version = "2.3.4",
        Description = "Every member differs from its default.",
        Seed = 7,
        Labels = ["cat", "dog"],
        Input = new() { Channels = 3, Height = 16, Width = 24, Mean = [0.1, 0.2, 0.3], Deviation = [0.4, 0.5, 0.6], Resize = "crop", Background = 9 },
        Dataset = new() { Format = "folder", ValidationShare = 0.2, SplitSeed = 5 },
        Augmentation = new() { HorizontalFlip = true, ShiftPixels = 2, EraseProbability = 0.3, EraseArea = 0.2 },
        Architecture = new()
        {
            Channels = [6, 12],
            Expansion = 3,
            Groups = 6,
            StemChannels = 18,
            StemStride = 4,
            StemBlocks = 2,
            HeadChannels = [12, 24],
            Reparametrization = "spectral-norm",
        },
        Solver = new() { Method = "broyden", Tolerance = 0.02, MaxEvaluations = 9, MinEvaluations = 4, Start = "mixed" },
        Gradient = new()
        {
            Kind = "shine",
            Steps = 4,
            Damping = 0.7,
            Tolerance = 0.03,
            MaxEvaluations = 11,
            Method = "picard",
            WarmStart = true,
            FallbackRatio = 2,
            Refinements = 3,
            Inverse = "adjoint-broyden",
            OpaEvery = 4,
        },
        JacobianRegularization = new() { Weight = 0.5, Probability = 0.25, Samples = 2, LaterWeight = 0.125, LaterFromEpoch = 3, At = "trajectory" },
        Correction = new() { States = 2, Weights = "linear", Gamma = 0.6, Steps = 3 },
        Optimizer = new() { Kind = "sgd", LearningRate = 0.05, WeightDecay = 0.01, Momentum = 0.8 },
        Schedule = new() { Kind = "cosine", WarmUpShare = 0.3, FinalFactor = 0.05, RestartAfterEpoch = 2, RestartFactor = 0.25 },
        Training = new()
        {
            Epochs = 20,
            BatchSize = 64,
            GradientClip = 2,
            LabelSmoothing = 0.1,
            AverageDecay = 0.99,
            PretrainEpochs = 2,
            PretrainSteps = 4,
            Dropout = 0.2,
            CompareGradientEvery = 30,
            CheckpointMinutes = 1,
        },
        Serving = new() { Solver = "picard", Tolerance = 0.01, MaxEvaluations = 5, EvaluationsLimit = 50, ToleranceLimit = 0.001 },
    };
}
