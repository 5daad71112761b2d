using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Trust;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>Has a model's engine answer questions, each from one start or several. Only waits; the engine's threads do the work.</summary>
/// <param name="model">A reasoner.</param>
/// <param name="grant">What each question gets.</param>
internal sealed class Reasoner(ServedModel model, ReasoningGrant grant)
{
    private readonly ReasoningContract _contract = model.Manifest.Reasoning!;
    private readonly TokenVocabulary _vocabulary = model.Manifest.Reasoning!.ToVocabulary();
    private readonly TokenText _text = ReasoningInputReading.TextOf(model.Manifest);

    /// <summary>The results in the order of the questions; null once the client has gone away.</summary>
    /// <param name="inputs">The questions.</param>
    /// <param name="time">What the deadline leaves to the engine.</param>
    /// <param name="progress">Receives every iterate on an engine thread, and must be quick; null wants none.</param>
    /// <param name="cancellation">When the client goes away.</param>
    /// <exception cref="ProblemException">The engine has no room, or a solve has a fault.</exception>
    public async Task<ReasoningResult[]?> AnswerAsync(
        IReadOnlyList<ReasoningInput> inputs, TimeSpan time, Action<ReasoningIterate>? progress, CancellationToken cancellation)
    {
        CancellationTokenSource[] ends = [.. inputs.Select(_ => CancellationTokenSource.CreateLinkedTokenSource(cancellation))];
        try
        {
            InferenceRequest<TokenAnswer>[] requests =
            [
                .. from input in Enumerable.Range(0, inputs.Count)
                   from start in Enumerable.Range(0, grant.Starts)
                   select RequestOf(inputs[input].Question, input, start, time, progress, ends[input].Token),
            ];
            AdmissionDecision decision = model.Engine.Submit(requests, out IReadOnlyList<Task<InferenceAnswer<TokenAnswer>>> answers);
            if (decision.Outcome != Admission.Accepted)
            {
                throw EngineCall.Refused(decision);
            }

            ReasoningResult?[] results = await Task.WhenAll(inputs.Select((input, i) =>
                CollectAsync(input, [.. answers.Skip(i * grant.Starts).Take(grant.Starts)], ends[i])));
            return results.Any(result => result is null) ? null : [.. results.Select(result => result!)];
        }
        finally
        {
            // After a problem of one question the others go on for no client.
            foreach (CancellationTokenSource end in ends)
            {
                await end.CancelAsync();
                end.Dispose();
            }
        }
    }

    private InferenceRequest<TokenAnswer> RequestOf(
        TokenGrid question, int input, int start, TimeSpan time, Action<ReasoningIterate>? progress, CancellationToken cancellation)
    {
        SolveGrant solve = grant.For(question);
        bool isFree = model.Manifest.Input.Sizes is not null;
        return new InferenceRequest<TokenAnswer>
        {
            Input = row => TokenAnswer.Fill(question, row),
            Output = logits => TokenAnswer.Read(logits, question, _vocabulary),
            Shape = isFree ? new ShapeKey(question.Height, question.Width) : default,
            Start = start == 0 ? (ReadOnlyMemory<float>?)null : Noise(question, start),
            Method = solve.Solver,
            Tolerance = new() { Relative = solve.Tolerance },
            Budget = new() { Evaluations = solve.MaxEvaluations, Time = time },
            Priority = solve.Priority,
            Progress = progress is null ? null : report => progress(new ReasoningIterate(
                input, start, report.Evaluations, double.IsFinite(report.Residual) ? report.Residual : null, report.Result is { } at ? _text.Write(at.Grid) : null)),
            Cancellation = cancellation,
        };
    }

    private ReadOnlyMemory<float> Noise(TokenGrid question, int start)
    {
        float[] state = new float[StateWidth(question)];
        StartNoise.Fill(state, grant.Seed, start, _contract.StartNoise);
        return state;
    }

    /// <summary>Numbers in a state for a question: the product of z's extents.</summary>
    private int StateWidth(TokenGrid question) => checked((int)model.Manifest.Cell.Inputs[0].Shape.Skip(1).Aggregate(
        1L, (product, extent) => product * extent switch { "H" => question.Height, "W" => question.Width, _ => int.Parse(extent, System.Globalization.CultureInfo.InvariantCulture) }));

    /// <summary>Waits for the starts of one question; the first that settles may end the others. Null when none was answered because the client left.</summary>
    private async Task<ReasoningResult?> CollectAsync(ReasoningInput input, Task<InferenceAnswer<TokenAnswer>>[] starts, CancellationTokenSource end)
    {
        var running = new List<Task<InferenceAnswer<TokenAnswer>>>(starts);
        int? settled = null;
        while (running.Count > 0)
        {
            Task<InferenceAnswer<TokenAnswer>> done = await Task.WhenAny(running);
            running.Remove(done);
            if (done.IsCompletedSuccessfully && (await done).Solution.Converged && settled is null)
            {
                settled = Array.IndexOf(starts, done);
                if (grant.Select == ReasoningParameters.Selections[0])
                {
                    await end.CancelAsync();
                }
            }
        }

        var answers = new InferenceAnswer<TokenAnswer>?[starts.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            answers[i] = await AnswerOf(starts[i]);
        }

        return answers.All(answer => answer is null) ? null : ResultOf(input, answers, settled);
    }

    private static async Task<InferenceAnswer<TokenAnswer>?> AnswerOf(Task<InferenceAnswer<TokenAnswer>> start)
    {
        try
        {
            return await start;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (EngineStoppedException)
        {
            throw EngineCall.Refused(new AdmissionDecision(Admission.Stopping, TimeSpan.Zero));
        }
    }

    private ReasoningResult ResultOf(ReasoningInput input, InferenceAnswer<TokenAnswer>?[] answers, int? settled)
    {
        SolveGrant solve = grant.For(input.Question);
        int chosen = Choose(answers, settled);
        InferenceAnswer<TokenAnswer> best = answers[chosen]!;
        SolveReport report = solve.Report(best);
        TokenAnswer answer = best.Result ?? throw EngineCall.Diverged(report);
        return new ReasoningResult
        {
            Answer = input.IsNumbers ? Numbers(answer.Grid, input.IsOneRow) : _text.Write(answer.Grid),
            Confidence = answer.Confidence,
            Settled = best.Solution.Converged,
            Valid = _contract.Checker is { } checker ? AnswerCheckers.Find(checker)!.IsValid(input.Question, answer.Grid) : null,
            Effort = grant.Level.Name,
            Select = grant.Select,
            Seed = grant.Seed,
            Chosen = chosen,
            Starts = [.. answers.Select(start => start is null ? new ReasoningStart("superseded", false, null, null) : StartOf(solve.Report(start)))],
            Agreement = AgreementOf(answers, chosen),
            Solve = report,
        };
    }

    private int Choose(InferenceAnswer<TokenAnswer>?[] answers, int? settled)
    {
        int[] finished = [.. Enumerable.Range(0, answers.Length).Where(i => answers[i] is not null).OrderBy(i => answers[i]!.Solution.Residual)];
        return grant.Select switch
        {
            "settled" => settled ?? finished[0],
            "majority" => finished.GroupBy(i => answers[i]!.Result?.Grid).Where(group => group.Key is not null).MaxBy(group => group.Count())?.First() ?? finished[0],
            _ => finished[0],
        };
    }

    private static ReasoningStart StartOf(SolveReport report) => new(report.Stop, report.Converged, report.Evaluations, report.Residual);

    private static ReasoningAgreement? AgreementOf(InferenceAnswer<TokenAnswer>?[] answers, int chosen)
    {
        TokenGrid[] others = [.. answers.Where((answer, i) => i != chosen && answer?.Result is not null).Select(answer => answer!.Result!.Grid)];
        TokenGrid? mine = answers[chosen]?.Result?.Grid;
        return others.Length == 0 || mine is null
            ? null
            : new ReasoningAgreement(
                others.Count(mine.Equals) / (double)others.Length, others.Average(other => PathIndependence.Agreement(mine.Tokens, other.Tokens)));
    }

    private static object Numbers(TokenGrid grid, bool isOneRow)
    {
        int[] tokens = grid.Tokens.ToArray();
        return isOneRow ? tokens : tokens.Chunk(grid.Width).ToArray();
    }
}
