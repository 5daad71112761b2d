using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Where one start of a question ended.</summary>
/// <param name="Stop">Why.</param>
/// <param name="Evaluations">Evaluations made, restarts included.</param>
/// <param name="Residual">Of the state that was decoded; infinite where none was finite.</param>
/// <param name="Answer">Its answer; null where no state was finite.</param>
public sealed record StartEnd(StopReason Stop, int Evaluations, double Residual, TokenGrid? Answer);

/// <summary>Which of several starts of one question answers. Probabilities are never averaged over starts: one state at rest is better than a mixture.</summary>
public static class StartSelection
{
    /// <summary>The first that settled.</summary>
    public const string Settled = "settled";

    /// <summary>The smallest residual.</summary>
    public const string Residual = "residual";

    /// <summary>The answer of most starts.</summary>
    public const string Majority = "majority";

    /// <summary>The names of the ways to select.</summary>
    public static IReadOnlyList<string> Names { get; } = [Settled, Residual, Majority];

    /// <summary>The place of the start that answers; null where none has an answer. A refused answer is taken only where there is no other.</summary>
    /// <param name="select">One of <see cref="Names"/>.</param>
    /// <param name="starts">The starts of one question.</param>
    /// <param name="isValid">Whether an answer keeps the rules; null where nothing checks that. Of starts that have not settled, those that do come first.</param>
    public static int? Choose(string select, IReadOnlyList<StartEnd> starts, Func<TokenGrid, bool>? isValid)
    {
        ArgumentNullException.ThrowIfNull(starts);
        int[] found = [.. Enumerable.Range(0, starts.Count).Where(i => starts[i].Answer is not null).OrderBy(i => starts[i].Residual)];
        int[] kept = [.. found.Where(i => starts[i].Stop != StopReason.Refused)];
        int[] candidates = kept.Length > 0 ? kept : found;
        if (candidates.Length == 0)
        {
            return null;
        }

        return select switch
        {
            Settled => candidates.OrderBy(i => starts[i].Stop == StopReason.Tolerance ? starts[i].Evaluations : int.MaxValue)
                .ThenBy(i => starts[i].Stop == StopReason.Tolerance ? i : 0)
                .ThenBy(i => isValid?.Invoke(starts[i].Answer!) == true ? 0 : 1).First(),
            Majority => candidates.GroupBy(i => starts[i].Answer!).OrderByDescending(group => group.Count()).First().First(),
            _ => candidates[0],
        };
    }
}
