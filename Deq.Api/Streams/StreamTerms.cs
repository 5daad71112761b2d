using Deq.Api.Solving;

namespace Deq.Api.Streams;

/// <summary>What was agreed when a stream was opened. Names the model, holds nothing of it.</summary>
internal sealed record StreamTerms
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the model's bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What each frame may spend.</summary>
    public required SolveGrant Grant { get; init; }

    /// <summary>What a frame gets of that by the task's own parameters. Default null: all.</summary>
    public BudgetReport? Budget { get; init; }

    /// <summary>The media type that frames are answered with.</summary>
    public required string Output { get; init; }

    /// <summary>Whether frames may start where the last one ended.</summary>
    public required bool IsWarm { get; init; }
}
