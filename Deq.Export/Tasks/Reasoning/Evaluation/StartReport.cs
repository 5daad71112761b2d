using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Trust;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>How solves from one kind of start end, against those of the same puzzles from zero.</summary>
/// <param name="Start">The kind.</param>
/// <param name="Count">Puzzles.</param>
/// <param name="Alignment">Mean cosine of the two last states.</param>
/// <param name="EqualAnswers">Puzzles with the same answer.</param>
/// <param name="EqualTokens">Places with the same token.</param>
/// <param name="Exact">Puzzles answered exactly from this start.</param>
/// <param name="MeanEvaluations">From this start.</param>
internal sealed record StartReport(
    string Start, int Count, double Alignment, double EqualAnswers, double EqualTokens, double Exact, double MeanEvaluations)
{
    private const int Seed = 0xA11;

    /// <summary>Measures every kind of start.</summary>
    /// <param name="solver">The model.</param>
    /// <param name="puzzles">At least 2, of one shape.</param>
    /// <param name="grant">Of each solve.</param>
    /// <param name="noise">The deviation that the model was trained with.</param>
    public static IReadOnlyList<StartReport> Measure(ReasoningSolver solver, IReadOnlyList<Puzzle> puzzles, RowGrant grant, double noise)
    {
        TokenGrid[] questions = [.. puzzles.Select(puzzle => puzzle.Question)];
        ReasoningSolve[] cold = Solve(_ => null);
        return
        [
            Compare("another puzzle's end", Solve(i => _ => cold[PathIndependence.Other(i, cold.Length)].State)),
            Compare("noise", Solve(i => width => Noise(width, i, noise))),
            Compare("noise, ten times as strong", Solve(i => width => Noise(width, i, 10 * noise))),
        ];

        ReasoningSolve[] Solve(Func<int, Func<int, float[]>?> start) => solver.Solve(questions, _ => grant, start, keepsStates: true);

        StartReport Compare(string name, ReasoningSolve[] other) => new(
            name,
            cold.Length,
            cold.Zip(other, (a, b) => PathIndependence.Cosine(a.State, b.State)).Average(),
            cold.Zip(other, (a, b) => a.Answer.Equals(b.Answer) ? 1.0 : 0.0).Average(),
            cold.Zip(other, (a, b) => PathIndependence.Agreement(a.Answer.Tokens, b.Answer.Tokens)).Average(),
            other.Zip(puzzles, (solve, puzzle) => solve.Answer.Equals(puzzle.Answer) ? 1.0 : 0.0).Average(),
            other.Average(solve => solve.Solution.Evaluations));
    }

    private static float[] Noise(int width, int puzzle, double deviation)
    {
        float[] state = new float[width];
        StartNoise.Fill(state, Seed + puzzle, start: 1, deviation);
        return state;
    }
}
