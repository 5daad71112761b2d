using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>How one question was solved.</summary>
/// <param name="Solution">Evaluations, residual, and why it stopped; of several starts the evaluations of all.</param>
/// <param name="Answer">Of the start that answers; the question itself where its output is not finite.</param>
/// <param name="State">That state; empty unless it was asked for.</param>
/// <param name="Starts">Starts used, restarts included.</param>
internal sealed record ReasoningSolve(RowSolution Solution, TokenGrid Answer, float[] State, int Starts);

/// <summary>Solves questions with a reasoner through the lane and the loop that serve: rows join and leave as they finish.</summary>
/// <param name="bundle">The model; stays the caller's.</param>
/// <param name="method">How the next iterate is proposed.</param>
/// <param name="rows">The most rows at once, at least 1.</param>
internal sealed class ReasoningSolver(ModelBundle bundle, IFixedPointMethod method, int rows)
{
    private readonly ReasoningContract _contract = ReasoningContract.Of(bundle.Manifest);

    private readonly TokenVocabulary _vocabulary = ReasoningContract.Of(bundle.Manifest).ToVocabulary();

    private readonly IAnswerChecker? _checker = ReasoningContract.Of(bundle.Manifest).Checker is { } name ? AnswerCheckers.Find(name) : null;

    /// <summary>
    /// Solves every question by a level of effort as the server does: all starts of a question together, the first that settles on an answer that is not refused ends
    /// the others, and one that is refused begins again.
    /// </summary>
    /// <param name="questions">Of any shapes that the model takes.</param>
    /// <param name="level">Evaluations, starts and tolerance.</param>
    /// <param name="seed">Decides the starts.</param>
    public ReasoningSolve[] Solve(IReadOnlyList<TokenGrid> questions, EffortLevel level, int seed)
    {
        var groups = new List<CancellationTokenSource>();
        try
        {
            Part[] parts = [.. questions.SelectMany((question, i) => Starts(question, level, seed + i, groups))];
            return [.. Solve(parts, keepsStates: false).Chunk(level.Starts).Select((starts, i) => Chosen(questions[i], starts))];
        }
        finally
        {
            groups.ForEach(group => group.Dispose());
        }
    }

    /// <summary>Solves every question once, whatever it settles on.</summary>
    /// <param name="questions">Of any shapes that the model takes.</param>
    /// <param name="grant">What each may spend.</param>
    /// <param name="start">For a question by its index, makes a start of a width; null is the start from zero.</param>
    /// <param name="keepsStates">Whether the states are wanted.</param>
    public ReasoningSolve[] Solve(
        IReadOnlyList<TokenGrid> questions, Func<TokenGrid, RowGrant> grant, Func<int, Func<int, float[]>?> start, bool keepsStates = false) =>
        Solve([.. questions.Select((question, i) => new Part { Question = question, Grant = grant(question), Start = start(i) })], keepsStates);

    /// <summary>A level's grant for a question.</summary>
    public RowGrant Grant(TokenGrid question, EffortLevel level) =>
        bundle.Manifest.Defaults.Grant(level.Tolerance, Math.Min(bundle.Manifest.Defaults.EvaluationsLimit, level.EvaluationsFor(question.Count)));

    private IEnumerable<Part> Starts(TokenGrid question, EffortLevel level, int seed, List<CancellationTokenSource> groups)
    {
        var group = new CancellationTokenSource();
        groups.Add(group);
        for (int start = 0; start < level.Starts; start++)
        {
            int number = start;
            yield return new Part
            {
                Question = question,
                Grant = Grant(question, level) with { Superseded = group.Token },
                Start = number == 0 ? null : width => Noise(width, seed, number),
                Judge = CheckedAnswers.Judge(_contract, question, seed, number, level.Starts, beginsAgain: true),
                Group = group,
            };
        }
    }

    private ReasoningSolve Chosen(TokenGrid question, ReasoningSolve[] starts)
    {
        StartEnd[] ends = [.. starts.Select(start => new StartEnd(
            start.Solution.Stop, start.Solution.Evaluations, start.Solution.Residual, start.Solution.HasFiniteState ? start.Answer : null))];
        ReasoningSolve chosen = starts[StartSelection.Choose(StartSelection.Settled, ends, _checker is null ? null : answer => _checker.IsValid(question, answer)) ?? 0];
        return chosen with
        {
            Solution = chosen.Solution with { Evaluations = starts.Sum(start => start.Solution.Evaluations) },
            Starts = starts.Where(start => start.Solution.Evaluations > 0).Sum(start => start.Starts),
        };
    }

    private ReasoningSolve[] Solve(Part[] parts, bool keepsStates)
    {
        var solves = new ReasoningSolve[parts.Length];
        foreach (IGrouping<(int Height, int Width), int> shape in Enumerable.Range(0, parts.Length).GroupBy(i => (parts[i].Question.Height, parts[i].Question.Width)))
        {
            bool isFree = bundle.Manifest.Input.Sizes is not null;
            OnnxModel model = bundle.Model.At(isFree ? new ShapeKey(shape.Key.Height, shape.Key.Width) : default);
            Run(model, [.. shape], parts, keepsStates, solves);
        }

        return solves;
    }

    private void Run(OnnxModel model, int[] places, Part[] parts, bool keepsStates, ReasoningSolve[] solves)
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
                if (parts[next].Group is { IsCancellationRequested: true })
                {
                    solves[next] = Unsolved(parts[next].Question);
                    continue;
                }

                TokenAnswer.Fill(parts[next].Question, input);
                running.Add(batch.Join(parts[next].Grant, out int row), next);
                lane.Encode(input, row);
                Begin(lane, batch.IterateSlot, row, parts[next].Start?.Invoke(model.StateWidth));
            }

            batch.Step();
            Judge(lane, batch, ticket => parts[running[ticket]].Judge, model.StateWidth, logits);
            foreach (FinishedRow done in batch.Finished)
            {
                running.Remove(done.Ticket, out int place);
                lane.Decode(done.Slot, done.Row, logits);
                TokenGrid answer = TokenAnswer.Read(logits, parts[place].Question, _vocabulary)?.Grid ?? parts[place].Question;
                float[] state = keepsStates ? lane.Space.Row(done.Slot, done.Row).ToArray() : [];
                solves[place] = new ReasoningSolve(done.Solution, answer, state, Starts: 1 + done.Solution.Restarts);
                if (done.Solution.Converged)
                {
                    parts[place].Group?.Cancel();
                }
            }

            batch.Release();
        }
    }

    private static void Judge(OnnxLane lane, RunningBatch batch, Func<int, AnswerJudge?> judgeOf, int stateWidth, float[] output)
    {
        for (int i = batch.Finished.Count - 1; i >= 0; i--)
        {
            judgeOf(batch.Finished[i].Ticket)?.Refuses(lane, batch, i, stateWidth, output);
        }
    }

    private static ReasoningSolve Unsolved(TokenGrid question) =>
        new(new RowSolution(StopReason.Superseded, Evaluations: 0, double.PositiveInfinity, HasFiniteState: false), question, [], Starts: 0);

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

    /// <summary>One solve.</summary>
    private sealed record Part
    {
        public required TokenGrid Question { get; init; }

        public required RowGrant Grant { get; init; }

        /// <summary>Makes a start of a width; null is the start from zero.</summary>
        public Func<int, float[]>? Start { get; init; }

        /// <summary>Judges its answers; null accepts every one.</summary>
        public AnswerJudge? Judge { get; init; }

        /// <summary>Cancelled when one of the question's starts has settled; null: there is one alone.</summary>
        public CancellationTokenSource? Group { get; init; }
    }
}
