using System.Text.Json.Nodes;
using Deq.Runtime.Bundles;

namespace Deq.Benchmarks.Estimators;

/// <summary>What all runs of the comparison share.</summary>
/// <remarks>
/// Small, so that all runs take a quarter of an hour of processor time: one branch of 16 channels at 7 × 7. The penalty on the Jacobian is there from the first
/// step, for without it no forward solve of a fresh cell comes to rest, and an estimate at a point that is no fixed point compares nothing.
/// </remarks>
internal static class EstimatorBase
{
    /// <summary>The first so many training images are used: 7500 to train with, 4000 held out.</summary>
    public const int Images = 11_500;

    /// <summary>The images that <see cref="Recipe"/> takes.</summary>
    public static ImageInput Input { get; } = new() { Channels = 1, Height = 28, Width = 28, Mean = [0.286], Deviation = [0.353] };

    /// <summary>A recipe without gradient and seed.</summary>
    public static JsonObject Recipe => JsonNode.Parse("""
        {
          "name": "estimators",
          "description": "A small equilibrium classifier for comparing gradient estimators.",
          "input": { "channels": 1, "height": 28, "width": 28, "mean": [0.286], "deviation": [0.353] },
          "dataset": { "format": "idx", "validationShare": 0.3478 },
          "architecture": { "channels": [16], "expansion": 1, "groups": 8, "stemChannels": 32, "stemStride": 4, "stemBlocks": 1, "headChannels": [64] },
          "solver": { "method": "broyden", "tolerance": 0.001, "maxEvaluations": 24 },
          "jacobianRegularization": { "weight": 0.5 },
          "optimizer": { "kind": "adamw", "learningRate": 0.007, "weightDecay": 0.02 },
          "schedule": { "kind": "one-cycle", "warmUpShare": 0.2, "finalFactor": 0.05 },
          "training": { "epochs": 1, "batchSize": 50, "gradientClip": 1, "averageDecay": 0.9, "checkpointMinutes": 1 },
          "serving": { "solver": "anderson", "tolerance": 0.001, "maxEvaluations": 40, "evaluationsLimit": 100, "toleranceLimit": 0.00001 }
        }
        """)!.AsObject();
}
