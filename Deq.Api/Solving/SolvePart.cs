using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Api.Solving;

/// <summary>One input of a request, with the work on both ends of its solve. Everything here runs on an engine thread.</summary>
internal sealed record SolvePart
{
    /// <summary>Fills the encoder's input.</summary>
    public required WriteInput Input { get; init; }

    /// <summary>Fills it less finely in less time, for a deadline that leaves no more. Default null: there is no such way.</summary>
    public WriteInput? QuickInput { get; init; }

    /// <summary>Turns the decoder's output into the result; null where the output is not finite.</summary>
    public required ReadOutput<object?> Output { get; init; }

    /// <summary>The shape of the input. Default: the model's fixed one.</summary>
    public ShapeKey Shape { get; init; }

    /// <summary>Whether two results count as the same, for solves that stop once the result is stable. Default null: not watched.</summary>
    public Func<object?, object?, bool>? IsSame { get; init; }

    /// <summary>Says where the solve stands after each evaluation. Default null: there are no events.</summary>
    public PartEvents? Events { get; init; }

    /// <summary>Says where to start, once the input has been filled. Default null: cold.</summary>
    public Func<StartPlan?>? PlanStart { get; init; }

    /// <summary>The state to start from, read once the input has been filled. Default null: cold, or as planned.</summary>
    public ReadOnlyMemory<float>? Start { get; init; }

    /// <summary>Whether <see cref="Start"/> came from an earlier solve, asked when the part is answered. Default null: it did.</summary>
    public Func<bool>? IsWarm { get; init; }

    /// <summary>Receives the best iterate. Default null: not wanted.</summary>
    public Memory<float>? FinalState { get; init; }

    /// <summary>Judges the answer each time the residual meets the tolerance; only one that it accepts converges and ends its group. Default null: every one is accepted.</summary>
    public AnswerJudge? Judge { get; init; }

    /// <summary>Whether the residual of every evaluation is wanted. Default false.</summary>
    public bool KeepsResiduals { get; init; }

    /// <summary>Makes the energy of each iterate, of a model that has one; see <see cref="InferenceRequest{TResult}.Energy"/>. Default null: not wanted.</summary>
    public ReadEnergy? Energy { get; init; }

    /// <summary>What the part may spend, where that is not what the request is granted; same deadline, priority and client. Default null: it is.</summary>
    public SolveGrant? Grant { get; init; }

    /// <summary>The parts of one group are solves of which one that converges is enough: the first ends the others. Default null: the part is on its own.</summary>
    public int? Group { get; init; }

    /// <summary>Whether the request can be answered without the part's result, as other parts may do instead. Default false.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether the part is one of the images of its request, whose faults say which; not so where several parts are of one image. Default true.</summary>
    public bool IsImage { get; init; } = true;

    /// <summary>What the part is of; handed back with what was solved.</summary>
    public object? Subject { get; init; }

    /// <summary>What the engine is asked.</summary>
    /// <param name="place">The part's among those of its request, from 0.</param>
    /// <param name="grant">What the solve may spend.</param>
    /// <param name="rivals">The other parts of its group; null: none.</param>
    /// <param name="time">What the deadline leaves to the engine, from now.</param>
    /// <param name="progress">Receives the place and events, on an engine thread, which it must not block; null: not wanted.</param>
    /// <param name="continuesOnEngineThread">Whether the answer may be sent right from the engine thread.</param>
    /// <param name="cancellation">When the client leaves.</param>
    public InferenceRequest<object?> Request(
        int place, SolveGrant grant, RivalSolves? rivals, TimeSpan time, Action<int, object>? progress, bool continuesOnEngineThread, CancellationToken cancellation) => new()
        {
            Input = Input,
            QuickInput = QuickInput,
            Output = Output,
            Shape = Shape,
            Method = grant.Method,
            AnswersFinal = grant.Model.AnswersFinal,
            Tolerance = new() { Limit = grant.Tolerance },
            Budget = new() { Evaluations = grant.MaxEvaluations, Time = time },
            Priority = grant.Priority,
            Client = grant.Client,
            Weight = grant.Weight,
            Account = grant.Account,
            Spent = grant.Quota is { } quota ? evaluations => quota.Evaluated(evaluations) : null,
            Rivals = rivals,
            UntilStable = IsSame is null ? null : grant.UntilStable,
            IsSame = IsSame,
            Progress = progress is null || Events is null ? null : report => progress(place, Events.Of(report)),
            PlanStart = PlanStart,
            Start = Start,
            IsWarm = IsWarm,
            FinalState = FinalState,
            Judge = Judge,
            KeepsResiduals = KeepsResiduals,
            Energy = Energy,
            ContinuesOnEngineThread = continuesOnEngineThread,
            Cancellation = cancellation,
        };
}

/// <summary>The events of a part.</summary>
/// <param name="Bytes">The most that one of them takes in memory while it waits for the client.</param>
/// <param name="Of">Makes an event of where the solve stands.</param>
internal sealed record PartEvents(long Bytes, Func<IterateReport<object?>, object> Of);

/// <summary>One part of a request, solved.</summary>
/// <param name="Found">What its <see cref="SolvePart.Output"/> made of the best iterate; null only of an optional part that has no finite one.</param>
/// <param name="Report">How it was found.</param>
/// <param name="Stop">Why the solve ended, as the report says.</param>
internal sealed record SolvedPart(object? Found, SolveReport Report, StopReason Stop)
{
    /// <summary>The result of a part that is not optional.</summary>
    public object Result => Found ?? throw new InvalidOperationException("Only an optional part may be without a result.");

    /// <summary><see cref="SolvePart.Subject"/>.</summary>
    public object? Subject { get; init; }

    /// <summary>Which start the solve took; null where it planned none.</summary>
    public ChosenStart? Start { get; init; }

    /// <summary>The residual of every evaluation, where they are kept.</summary>
    public IReadOnlyList<double> Residuals { get; init; } = [];

    /// <summary>The energy of every iterate, where it is asked for.</summary>
    public IReadOnlyList<double> Energies { get; init; } = [];
}
