using System.Text.Json.Nodes;
using Deq.Runtime.Bundles;

namespace Deq.Benchmarks.Estimators;

/// <summary>What all runs of the comparison share.</summary>
/// <remarks>
/// Small, so that all runs take an hour of processor time: one branch of 16 channels at 7 × 7. An epoch of unrolled steps comes first, the same for all of
/// one seed, and then the penalty on the Jacobian is strong for an epoch: a fresh cell has no fixed point that a solve comes to, and an estimate at a point
/// that is none compares nothing.
/// </remarks>
internal static class EstimatorRecipe
{
    /// <summary>The first so many training images are used: 20,000 to train with, 4,000 held out.</summary>
    public const int Images = 24_000;

    /// <summary>The images that <see cref="Recipe"/> takes.</summary>
    public static ImageInput Input { get; } = new() { Channels = 1, Height = 28, Width = 28, Mean = [0.286], Deviation = [0.353] };

    /// <summary>A recipe without gradient and seed.</summary>
    public static JsonObject Recipe => JsonNode.Parse("""
        {
          "name": "estimators",
          "description": "A small equilibrium classifier for comparing gradient estimators.",
          "input": { "channels": 1, "height": 28, "width": 28, "mean": [0.286], "deviation": [0.353] },
          "dataset": { "format": "idx", "validationShare": 0.16667 },
          "architecture": { "channels": [16], "expansion": 1, "groups": 8, "stemChannels": 32, "stemStride": 4, "stemBlocks": 1, "headChannels": [64] },
          "solver": { "method": "broyden", "tolerance": 0.001, "maxEvaluations": 24 },
          "jacobianRegularization": { "weight": 0.5, "laterWeight": 0.1, "laterFromEpoch": 3 },
          "optimizer": { "kind": "adamw", "learningRate": 0.004, "weightDecay": 0.02 },
          "schedule": { "kind": "one-cycle", "warmUpShare": 0.2, "finalFactor": 0.02 },
          "training": { "epochs": 4, "pretrainEpochs": 1, "pretrainSteps": 4, "batchSize": 64, "gradientClip": 1, "averageDecay": 0.98, "checkpointMinutes": 1 },
          "serving": { "solver": "anderson", "tolerance": 0.001, "maxEvaluations": 40, "evaluationsLimit": 100, "toleranceLimit": 0.00001 }
        }
        """)!.AsObject();
}
