using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Trust;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>How solves from one kind of start end, against those of the same puzzles from zero.</summary>
internal sealed record StartReport
{
    /// <summary>The kind that <see cref="AdversarialStarts"/> finds.</summary>
    public const string Adversarial = "adversarial, as long as another puzzle's end";

    private const int Seed = 0xA11;

    /// <summary>The kind.</summary>
    public required string Start { get; init; }

    /// <summary>Puzzles.</summary>
    public required int Count { get; init; }

    /// <summary>Mean cosine of the two last states.</summary>
    public required double Alignment { get; init; }

    /// <summary>Puzzles with the same answer.</summary>
    public required double EqualAnswers { get; init; }

    /// <summary>Places with the same token.</summary>
    public required double EqualTokens { get; init; }

    /// <summary>Puzzles answered exactly from this start.</summary>
    public required double Exact { get; init; }

    /// <summary>From this start.</summary>
    public required double MeanEvaluations { get; init; }

    /// <summary>Measures every kind of start.</summary>
    /// <param name="solver">The model.</param>
    /// <param name="puzzles">At least 2, of one shape.</param>
    /// <param name="grant">Of each solve.</param>
    /// <param name="noise">The deviation that the model was trained with.</param>
    /// <param name="search">Finds adversarial starts, given where solves from zero ended; null leaves them out.</param>
    public static IReadOnlyList<StartReport> Measure(
        ReasoningSolver solver, IReadOnlyList<Puzzle> puzzles, RowGrant grant, double noise, Func<IReadOnlyList<float[]>, float[][]>? search)
    {
        TokenGrid[] questions = [.. puzzles.Select(puzzle => puzzle.Question)];
        ReasoningSolve[] cold = Solve(_ => null);
        float[][]? found = search?.Invoke([.. cold.Select(solve => solve.State)]);
        return
        [
            Compare("another puzzle's end", Solve(i => _ => cold[PathIndependence.Other(i, cold.Length)].State)),
            Compare("noise", Solve(i => width => Noise(width, i, noise))),
            Compare("noise, ten times as strong", Solve(i => width => Noise(width, i, 10 * noise))),
            .. found is null ? [] : (StartReport[])[Compare(Adversarial, Solve(i => _ => found[i]))],
        ];

        ReasoningSolve[] Solve(Func<int, Func<int, float[]>?> start) => solver.Solve(questions, _ => grant, start, keepsStates: true);

        StartReport Compare(string name, ReasoningSolve[] other) => new()
        {
            Start = name,
            Count = cold.Length,
            Alignment = cold.Zip(other, (a, b) => PathIndependence.Cosine(a.State, b.State)).Average(),
            EqualAnswers = cold.Zip(other, (a, b) => a.Answer.Equals(b.Answer) ? 1.0 : 0.0).Average(),
            EqualTokens = cold.Zip(other, (a, b) => PathIndependence.Agreement(a.Answer.Tokens, b.Answer.Tokens)).Average(),
            Exact = other.Zip(puzzles, (solve, puzzle) => solve.Answer.Equals(puzzle.Answer) ? 1.0 : 0.0).Average(),
            MeanEvaluations = other.Average(solve => solve.Solution.Evaluations),
        };
    }

    private static float[] Noise(int width, int puzzle, double deviation)
    {
        float[] state = new float[width];
        StartNoise.Fill(state, Seed + puzzle, start: 1, deviation);
        return state;
    }
}
