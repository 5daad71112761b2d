using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Testing;

/// <summary>A solve of some rows of a problem in host memory, and what its map noted.</summary>
/// <param name="Solution">The result.</param>
/// <param name="Rows">What the map noted, in the order of the start.</param>
public sealed record SolvedProblem(FixedPointSolution Solution, IReadOnlyList<PlacedRow> Rows)
{
    /// <summary>Solves a problem for some injections from zeros, all rows together.</summary>
    /// <param name="problem">f.</param>
    /// <param name="method">The method.</param>
    /// <param name="grant">What every row may spend.</param>
    /// <param name="seeds">One per row: gives its injection.</param>
    public static SolvedProblem From(NamedProblem problem, IFixedPointMethod method, RowGrant grant, params int[] seeds)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(seeds);
        return FromStart(problem, method, grant, new float[seeds.Length * problem.Width], seeds);
    }

    /// <summary>As <see cref="From"/>, from a given start <c>[B, D]</c>.</summary>
    public static SolvedProblem FromStart(NamedProblem problem, IFixedPointMethod method, RowGrant grant, float[] start, params int[] seeds)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(seeds);
        var space = new HostStateSpace(seeds.Length, problem.Width);
        var map = new ProblemMap(space, problem);
        PlacedRow[] rows = [.. seeds.Select((seed, row) => map.Place(row, problem.Injection(seed)))];
        return new SolvedProblem(HostFixedPoint.Solve(space, map, method, start, grant), rows);
    }

    /// <summary>z of one row, <c>[D]</c>.</summary>
    public ReadOnlySpan<float> State(int row)
    {
        int width = Solution.State.Length / Rows.Count;
        return Solution.State.AsSpan(row * width, width);
    }
}
