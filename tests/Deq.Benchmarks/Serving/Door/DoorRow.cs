namespace Deq.Benchmarks.Serving.Door;

/// <summary>What one measurement of the door found.</summary>
internal sealed record DoorRow
{
    /// <summary>The measurement, as <c>--row</c> names it.</summary>
    public required string Name { get; init; }

    /// <summary>What was done.</summary>
    public required string Load { get; init; }

    /// <summary>What was found.</summary>
    public required string Measured { get; init; }

    /// <summary>What must be.</summary>
    public required string MustBe { get; init; }

    /// <summary>Whether it is.</summary>
    public required bool IsMet { get; init; }

    /// <summary>Whether it was done in full: <c>--scale 1</c>.</summary>
    public required bool IsWhole { get; init; }
}
