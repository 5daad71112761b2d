using Deq.Export.Tasks.Reasoning.Puzzles;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>What a model reaches on one test by one level of effort. Shares are of puzzles; an answer is right when all of it is.</summary>
internal sealed record ReasoningReport
{
    /// <summary>The test.</summary>
    public required string Test { get; init; }

    /// <summary>The level.</summary>
    public required string Effort { get; init; }

    /// <summary>Puzzles.</summary>
    public required int Count { get; init; }

    /// <summary>Answered exactly.</summary>
    public required double Exact { get; init; }

    /// <summary>Settled: the residual met the tolerance.</summary>
    public required double Settled { get; init; }

    /// <summary>Of the settled ones, those that are wrong.</summary>
    public required double SettledButWrong { get; init; }

    /// <summary>Evaluations of all starts.</summary>
    public required double MeanEvaluations { get; init; }

    /// <summary>Their median.</summary>
    public required double MedianEvaluations { get; init; }

    /// <summary>The most.</summary>
    public required int MostEvaluations { get; init; }

    /// <summary>Mean of the starts used.</summary>
    public required double MeanStarts { get; init; }

    /// <summary>Time, seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Sums solves up.</summary>
    public static ReasoningReport Of(string test, string effort, IReadOnlyList<Puzzle> puzzles, IReadOnlyList<ReasoningSolve> solves, TimeSpan elapsed)
    {
        bool[] right = [.. puzzles.Zip(solves, (puzzle, solve) => solve.Answer.Equals(puzzle.Answer))];
        int[] spent = [.. solves.Select(solve => solve.Solution.Evaluations).Order()];
        int settled = solves.Count(solve => solve.Solution.Converged);
        int wrong = solves.Where((solve, i) => solve.Solution.Converged && !right[i]).Count();
        return new ReasoningReport
        {
            Test = test,
            Effort = effort,
            Count = solves.Count,
            Exact = right.Count(isRight => isRight) / (double)solves.Count,
            Settled = settled / (double)solves.Count,
            SettledButWrong = settled == 0 ? 0 : wrong / (double)settled,
            MeanEvaluations = spent.Average(),
            MedianEvaluations = (spent[(spent.Length - 1) / 2] + spent[spent.Length / 2]) / 2.0,
            MostEvaluations = spent[^1],
            MeanStarts = solves.Average(solve => solve.Starts),
            Seconds = elapsed.TotalSeconds,
        };
    }

    /// <summary>
    /// How well a score tells right answers from wrong ones: the probability that a right one has the smaller score, ties counting half. NaN where
    /// all are right or all are wrong.
    /// </summary>
    public static double AreaUnderCurve(IReadOnlyList<(double Score, bool IsRight)> answers)
    {
        double[] wrong = [.. answers.Where(answer => !answer.IsRight).Select(answer => answer.Score).Order()];
        double[] right = [.. answers.Where(answer => answer.IsRight).Select(answer => answer.Score)];
        if (wrong.Length == 0 || right.Length == 0)
        {
            return double.NaN;
        }

        double sum = 0;
        foreach (double score in right)
        {
            int below = LowerBound(wrong, score);
            int upTo = LowerBound(wrong, Math.BitIncrement(score));
            sum += wrong.Length - upTo + ((upTo - below) / 2.0);
        }

        return sum / ((double)right.Length * wrong.Length);
    }

    private static int LowerBound(double[] sorted, double value)
    {
        int low = 0;
        for (int high = sorted.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle] < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
