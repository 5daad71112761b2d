using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>How one question was solved.</summary>
/// <param name="Solution">Evaluations, residual, and why it stopped; of several starts the evaluations of all.</param>
/// <param name="Answer">Of the state with the smallest residual.</param>
/// <param name="State">That state; empty unless it was asked for.</param>
/// <param name="Starts">Starts used.</param>
internal sealed record ReasoningSolve(RowSolution Solution, TokenGrid Answer, float[] State, int Starts);

/// <summary>Solves questions with a reasoner through the lane and the loop that serve: rows join and leave as they finish.</summary>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="method">How the next iterate is proposed.</param>
/// <param name="rows">The most rows at once, at least 1.</param>
internal sealed class ReasoningSolver(ModelBundle bundle, IFixedPointMethod method, int rows)
{
    private readonly ReasoningContract _contract = ReasoningContract.Of(bundle.Manifest);

    private readonly TokenVocabulary _vocabulary = ReasoningContract.Of(bundle.Manifest).ToVocabulary();

    /// <summary>Solves every question by a level of effort: start after start until one settles; then the state with the smallest residual counts.</summary>
    /// <param name="questions">Of any shapes that the model takes.</param>
    /// <param name="level">Evaluations, starts and tolerance.</param>
    /// <param name="seed">Decides the starts.</param>
    public ReasoningSolve[] Solve(IReadOnlyList<TokenGrid> questions, EffortLevel level, int seed)
    {
        ReasoningSolve[] solves = Solve(questions, question => Grant(question, level), _ => null);
        for (int start = 1; start < level.Starts; start++)
        {
            int[] left = [.. Enumerable.Range(0, questions.Count).Where(i => !solves[i].Solution.Converged)];
            int number = start;
            ReasoningSolve[] further = Solve(
                [.. left.Select(i => questions[i])], question => Grant(question, level), i => width => Noise(width, seed + left[i], number));
            foreach ((int i, ReasoningSolve other) in left.Zip(further))
            {
                int evaluations = solves[i].Solution.Evaluations + other.Solution.Evaluations;
                ReasoningSolve better = other.Solution.Residual < solves[i].Solution.Residual ? other : solves[i];
                solves[i] = better with { Solution = better.Solution with { Evaluations = evaluations }, Starts = start + 1 };
            }
        }

        return solves;
    }

    /// <summary>Solves every question once.</summary>
    /// <param name="questions">Of any shapes that the model takes.</param>
    /// <param name="grant">What each may spend.</param>
    /// <param name="start">For a question by its index, makes a start of a width; null is the start from zero.</param>
    /// <param name="keepsStates">Whether the states are wanted.</param>
    public ReasoningSolve[] Solve(
        IReadOnlyList<TokenGrid> questions, Func<TokenGrid, RowGrant> grant, Func<int, Func<int, float[]>?> start, bool keepsStates = false)
    {
        var solves = new ReasoningSolve[questions.Count];
        IEnumerable<IGrouping<(int, int), int>> shapes = Enumerable.Range(0, questions.Count).GroupBy(i => (questions[i].Height, questions[i].Width));
        foreach (IGrouping<(int Height, int Width), int> shape in shapes)
        {
            bool isFree = bundle.Manifest.Input.Sizes is not null;
            OnnxModel model = bundle.Model.At(isFree ? new ShapeKey(shape.Key.Height, shape.Key.Width) : default);
            Run(model, [.. shape], questions, grant, start, keepsStates, solves);
        }

        return solves;
    }

    /// <summary>A level's grant for a question.</summary>
    public RowGrant Grant(TokenGrid question, EffortLevel level) =>
        bundle.Manifest.Defaults.Grant(level.Tolerance, Math.Min(bundle.Manifest.Defaults.EvaluationsLimit, level.EvaluationsFor(question.Count)));

    private void Run(
        OnnxModel model,
        int[] places,
        IReadOnlyList<TokenGrid> questions,
        Func<TokenGrid, RowGrant> grant,
        Func<int, Func<int, float[]>?> start,
        bool keepsStates,
        ReasoningSolve[] solves)
    {
        using OnnxLane lane = model.OpenLane(Math.Min(rows, places.Length));
        var batch = new RunningBatch(lane.Space, lane, method, TimeProvider.System, lane.Residual);
        var running = new Dictionary<int, int>();
        var waiting = new Queue<int>(places);
        float[] input = new float[model.InputLength];
        float[] logits = new float[model.OutputLength];
        while (waiting.Count > 0 || running.Count > 0)
        {
            while (running.Count < Math.Min(rows, places.Length) && waiting.TryDequeue(out int next))
            {
                TokenAnswer.Fill(questions[next], input);
                running.Add(batch.Join(grant(questions[next]), out int row), next);
                lane.Encode(input, row);
                Begin(lane, batch.IterateSlot, row, start(next)?.Invoke(model.StateWidth));
            }

            batch.Step();
            foreach (FinishedRow done in batch.Finished)
            {
                running.Remove(done.Ticket, out int place);
                lane.Decode(done.Slot, done.Row, logits);
                TokenGrid answer = TokenAnswer.Read(logits, questions[place], _vocabulary).Grid;
                float[] state = keepsStates ? lane.Space.Row(done.Slot, done.Row).ToArray() : [];
                solves[place] = new ReasoningSolve(done.Solution, answer, state, Starts: 1);
            }

            batch.Release();
        }
    }

    private static void Begin(OnnxLane lane, int slot, int row, float[]? state)
    {
        if (state is null)
        {
            lane.Start(slot, row);
        }
        else
        {
            lane.Start(slot, row, state);
        }
    }

    private float[] Noise(int width, int seed, int start)
    {
        float[] state = new float[width];
        StartNoise.Fill(state, seed, start, _contract.StartNoise);
        return state;
    }
}
