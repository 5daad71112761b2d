using Deq.Api.Problems;

namespace Deq.Api.Solving;

/// <summary>Refuses answers that a caller wants only converged.</summary>
internal static class Unconverged
{
    /// <exception cref="ProblemException">One of the solves did not converge.</exception>
    public static void Refuse(IReadOnlyList<SolveReport> solves)
    {
        int[] open = [.. Enumerable.Range(0, solves.Count).Where(i => !solves[i].Converged)];
        if (open.Length == 0)
        {
            return;
        }

        SolveReport first = solves[open[0]];
        string detail = $"The solve stopped by {first.Stop} after {first.Evaluations} evaluations at residual {first.Residual:g4}; "
            + $"the tolerance is {first.Tolerance:g4}.";
        throw solves.Count == 1
            ? new ProblemException(ProblemKinds.NotConverged, detail).With("solve", first)
            : new ProblemException(
                ProblemKinds.NotConverged, $"{open.Length} of {solves.Count} images did not converge. Image {open[0] + 1}: {detail}")
                .With("images", open)
                .With("results", solves.Select(solve => new { Solve = solve }));
    }
}
