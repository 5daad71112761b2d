using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>Which of several starts of one question answers. Probabilities are never averaged over starts: one state at rest is better than a mixture.</summary>
internal static class StartSelection
{
    private static readonly string s_superseded = StopReason.Superseded.Name();

    /// <summary>The place of the start that answers.</summary>
    /// <param name="select">One of the names that <see cref="ReasoningParameters.Select"/> takes.</param>
    /// <param name="starts">The starts of one question, whose results are answers.</param>
    /// <exception cref="ProblemException">None has a finite iterate.</exception>
    public static int Choose(string select, IReadOnlyList<SolvedPart> starts)
    {
        int[] found = [.. Enumerable.Range(0, starts.Count).Where(i => starts[i].Found is not null).OrderBy(i => starts[i].Report.Residual)];
        if (found.Length == 0)
        {
            throw EngineCall.Diverged(starts[0].Report);
        }

        return select switch
        {
            ReasoningParameters.Settled => found.Where(i => starts[i].Report.Converged).OrderBy(i => starts[i].Report.Evaluations).ThenBy(i => i)
                .Cast<int?>().FirstOrDefault() ?? found[0],
            ReasoningParameters.Majority => found.GroupBy(i => ((TokenAnswer)starts[i].Result).Grid).OrderByDescending(group => group.Count()).First().First(),
            _ => found[0],
        };
    }

    /// <summary>Whether a start has an answer that was not cut short by another start.</summary>
    public static bool RanToItsEnd(SolvedPart start) => start.Found is not null && start.Report.Stop != s_superseded;
}
