using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>The answer to one request.</summary>
/// <param name="Result">What <see cref="InferenceRequest{TResult}.Output"/> made of the best iterate; default when no iterate was finite.</param>
/// <param name="Solution">How the solve ended.</param>
/// <param name="Queued">From acceptance until an engine thread took the request up.</param>
/// <param name="Elapsed">From acceptance until the answer was ready; contains <paramref name="Queued"/>.</param>
/// <param name="Batch">With how many rows it was evaluated.</param>
public sealed record InferenceAnswer<TResult>(
    TResult? Result, RowSolution Solution, TimeSpan Queued, TimeSpan Elapsed, BatchShare Batch)
{
    /// <summary>Whether the solve started from a state that the request brought.</summary>
    public bool IsWarm { get; init; }

    /// <summary>Whether <see cref="InferenceRequest{TResult}.QuickInput"/> was taken.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether it was solved by a lane that stands in for those of a device that failed.</summary>
    public bool IsStandby { get; init; }

    /// <summary>Which start the solve continued from; null where the request planned none.</summary>
    public ChosenStart? Start { get; init; }

    /// <summary>
    /// The residual of every evaluation, in order, where the request keeps them; infinite where it was not finite. Those of starts that were tried
    /// come first.
    /// </summary>
    public IReadOnlyList<double> Residuals { get; init; } = [];

    /// <summary>The energy of every iterate at which f was evaluated, in order, where the request asks for it; infinite where it was not finite.</summary>
    public IReadOnlyList<double> Energies { get; init; } = [];
}

/// <summary>How many rows were evaluated together over the evaluations of one row, itself included.</summary>
/// <param name="Smallest">The fewest, at least 1; 0 where no evaluation was made.</param>
/// <param name="Largest">The most.</param>
/// <param name="Mean">The mean over the row's evaluations.</param>
public sealed record BatchShare(int Smallest, int Largest, double Mean);
