using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>What the bundle of a reasoner offers.</summary>
internal sealed record ReasoningServingRecipe
{
    /// <summary>The solve that a client gets who asks for nothing; its evaluations are those of the default effort at the typical size.</summary>
    public required SolveDefaults Defaults { get; init; }

    /// <summary>The levels of effort; what they reach is measured when the bundle is written.</summary>
    public IReadOnlyList<EffortLevel> Efforts { get; init; } = [];

    /// <summary>The most places of an input, where its size is free. Default 65,536.</summary>
    public int MostPlaces { get; init; } = 1 << 16;

    /// <summary>Rows of a common input, where they are free. Default 1.</summary>
    public int TypicalHeight { get; init; } = 1;

    /// <summary>Columns of a common input, where they are free. Default 64.</summary>
    public int TypicalWidth { get; init; } = 64;
}
