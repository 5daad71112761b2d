using Deq.Api.Problems;

namespace Deq.Api.Solving;

/// <summary>Refuses answers of solves that did not converge, for clients that require it.</summary>
internal static class Unconverged
{
    /// <param name="solves">What counts as the answer.</param>
    /// <param name="isOfOne">Whether all of them are parts of one image.</param>
    /// <exception cref="ProblemException">One of the solves did not converge.</exception>
    public static void Refuse(IReadOnlyList<SolveReport> solves, bool isOfOne)
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
            : isOfOne
            ? new ProblemException(ProblemKinds.NotConverged, $"{open.Length} of {solves.Count} parts did not converge. Part {open[0] + 1}: {detail}").With("solve", first)
            : new ProblemException(
                ProblemKinds.NotConverged, $"{open.Length} of {solves.Count} images did not converge. Image {open[0] + 1}: {detail}")
                .With("images", open)
                .With("results", solves.Select(solve => new { Solve = solve }));
    }
}
