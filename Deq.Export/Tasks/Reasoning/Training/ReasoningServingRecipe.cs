using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>What the bundle of a reasoner offers.</summary>
public sealed record ReasoningServingRecipe
{
    /// <summary>The solve that a client gets who asks for nothing.</summary>
    public required SolveDefaults Defaults { get; init; }
}
