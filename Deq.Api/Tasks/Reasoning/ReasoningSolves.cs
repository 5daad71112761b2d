using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Trust;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>What the parts of one request are, and what is made of them once they are solved.</summary>
/// <param name="model">A reasoner.</param>
/// <param name="body">What the request brings.</param>
/// <param name="grant">What it gets.</param>
internal sealed class ReasoningSolves(ServedModel model, ReasoningBody body, ReasoningGrant grant)
{
    private readonly ReasoningContract _contract = ReasoningContract.Of(model.Manifest);
    private readonly TokenVocabulary _vocabulary = ReasoningContract.Of(model.Manifest).ToVocabulary();
    private readonly TokenText _text = QuestionReader.TextOf(model.Manifest);
    private readonly IAnswerChecker? _checker = ReasoningContract.Of(model.Manifest).Checker is { } name ? AnswerCheckers.Find(name) : null;

    /// <summary>A part for every start of every question, start by start within a question.</summary>
    public IReadOnlyList<SolvePart> Parts() =>
    [
        .. from input in Enumerable.Range(0, body.Questions.Count)
           from start in Enumerable.Range(0, grant.Starts)
           select PartOf(input, start),
    ];

    /// <summary>The answers, and the solves that count for them.</summary>
    /// <param name="parts">Solved, in the order of <see cref="Parts"/>.</param>
    /// <exception cref="Problems.ProblemException">No start of a question had a finite iterate.</exception>
    public TaskAnswer Answer(IReadOnlyList<SolvedPart> parts)
    {
        ReasoningResult[] results = [.. parts.Chunk(grant.Starts).Select((starts, input) => ResultOf(body.Questions[input], starts))];
        (string name, string version) = (model.Manifest.Name, model.Manifest.Version);
        return new TaskAnswer(body.AreSeveral
            ? new ReasoningAnswers(name, version, model.Sha256, results)
            : new ReasoningAnswer(name, version, model.Sha256, results[0]))
        {
            Solves = [.. results.Select(result => result.Solve)],
        };
    }

    private SolvePart PartOf(int input, int start)
    {
        ReasoningQuestion question = body.Questions[input];
        TokenGrid grid = question.Grid;
        return new SolvePart
        {
            Input = row => TokenAnswer.Fill(grid, row),
            Output = logits => TokenAnswer.Read(logits, grid, _vocabulary),
            Shape = model.Manifest.Input.Sizes is null ? default : new ShapeKey(grid.Height, grid.Width),
            Grant = grant.For(grid),
            Group = grant.Select == StartSelection.Settled && grant.Starts > 1 ? input : null,
            IsOptional = true,
            IsImage = false,
            Subject = this,
            Judge = CheckedAnswers.Judge(_contract, grid, grant.Seed, start, grant.Starts, beginsAgain: grant.Select == StartSelection.Settled),
            PlanStart = start == 0 ? null : () => Noise(grid, start),
            IsWarm = () => false,
            Events = new PartEvents(EventBytes(grid), report => new ReasoningIterate(
                input,
                start,
                report.Evaluations,
                double.IsFinite(report.Residual) ? report.Residual : null,
                report.Result is TokenAnswer at ? question.Write(at.Grid, _text) : null,
                report.Result is TokenAnswer found ? _checker?.Wrong(grid, found.Grid) : null)
            {
                Restarts = report.Restarts > 0 ? report.Restarts : null,
            }),
        };
    }

    /// <summary>The most that an iterate takes: a number for each place and an array for each row, and a list that grows by doubling of places that may be wrong.</summary>
    private long EventBytes(TokenGrid grid) => 512 + (32L * grid.Height) + ((_checker is null ? 1L : 3L) * sizeof(int) * grid.Count);

    private StartPlan Noise(TokenGrid question, int start)
    {
        float[] state = new float[ReasoningContract.StateWidth(model.Manifest, question)];
        StartNoise.Fill(state, grant.Seed, start, _contract.StartNoise);
        return new StartPlan { Candidates = [state] };
    }

    private ReasoningResult ResultOf(ReasoningQuestion question, SolvedPart[] starts)
    {
        StartEnd[] ends = [.. starts.Select(EndOf)];
        int chosen = StartSelection.Choose(grant.Select, ends, _checker is null ? null : given => _checker.IsValid(question.Grid, given))
            ?? throw EngineCall.Diverged(starts[0].Report);
        var answer = (TokenAnswer)starts[chosen].Result;
        return new ReasoningResult
        {
            Answer = question.Write(answer.Grid, _text),
            Confidence = [.. answer.Confidence.Select(probability => Math.Round(probability, 4))],
            Settled = starts[chosen].Report.Converged,
            Valid = _checker?.IsValid(question.Grid, answer.Grid),
            Wrong = _checker?.Wrong(question.Grid, answer.Grid),
            Effort = grant.Effort,
            Select = grant.Select,
            Seed = grant.Seed,
            Chosen = chosen,
            Starts = [.. starts.Select(start => StartOf(start.Report))],
            Agreement = AgreementOf(starts, answer, chosen),
            Evaluations = starts.Sum(start => start.Report.Evaluations),
            Solve = starts[chosen].Report,
        };
    }

    private static StartEnd EndOf(SolvedPart start) => new(
        start.Stop, start.Report.Evaluations, start.Report.Residual ?? double.PositiveInfinity, (start.Found as TokenAnswer)?.Grid);

    private static ReasoningStart StartOf(SolveReport report) =>
        new(report.Stop, report.Converged, report.Evaluations, report.Residual, report.Period, report.Restarts);

    private static bool RanToItsEnd(SolvedPart start) => start.Found is not null && start.Stop != StopReason.Superseded;

    private static ReasoningAgreement? AgreementOf(SolvedPart[] starts, TokenAnswer mine, int chosen)
    {
        TokenGrid[] others = [.. starts.Where((start, i) => i != chosen && RanToItsEnd(start)).Select(start => ((TokenAnswer)start.Result).Grid)];
        return others.Length == 0 ? null : new ReasoningAgreement(
            others.Count(mine.Grid.Equals) / (double)others.Length, others.Average(other => PathIndependence.Agreement(mine.Grid.Tokens, other.Tokens)));
    }
}
