using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Turns what a caller sent into the encoder's input. Runs on an engine thread; what it throws becomes the request's failure.</summary>
/// <param name="input"><c>[InputLength]</c>, to be filled completely; valid during the call.</param>
public delegate void WriteInput(Span<float> input);

/// <summary>Turns the decoder's output into what the caller wants. Runs on an engine thread; what it throws becomes the request's failure.</summary>
/// <param name="output"><c>[OutputLength]</c>; valid during the call.</param>
public delegate TResult ReadOutput<out TResult>(ReadOnlySpan<float> output);

/// <summary>One input to solve, with the work on both ends of it, so that the threads of callers never compute.</summary>
public sealed record InferenceRequest<TResult>
{
    /// <summary>The way in.</summary>
    public required WriteInput Input { get; init; }

    /// <summary>A way in that takes less time, for a deadline that leaves none for <see cref="Input"/>. Default null: there is none.</summary>
    public WriteInput? QuickInput { get; init; }

    /// <summary>The way out; not called when no iterate was finite.</summary>
    public required ReadOutput<TResult> Output { get; init; }

    /// <summary>How to solve: a member of <see cref="FixedPointMethods.All"/>, with whatever options.</summary>
    public required IFixedPointMethod Method { get; init; }

    /// <summary>Whether a solve that ends without converging answers with its newest iterate; see <see cref="RowGrant.AnswersFinal"/>. Default false.</summary>
    public bool AnswersFinal { get; init; }

    /// <summary>When the row counts as converged.</summary>
    public Tolerance Tolerance { get; init; } = new();

    /// <summary>
    /// When to give up. Its time counts from acceptance, so waiting counts. A request whose time is over before its first evaluation
    /// still makes that one: every accepted request has an iterate to answer with.
    /// </summary>
    public Budget Budget { get; init; } = new();

    /// <summary>When the caller goes away: a waiting request leaves the queue at once, a running row at its next evaluation.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Solves of which this is one, where the first that converges ends the others; null: it is on its own.</summary>
    public RivalSolves? Rivals { get; init; }

    /// <summary>Whose turn comes first where requests wait. Default normal.</summary>
    public Priority Priority { get; init; }

    /// <summary>
    /// Names the client, so that clients share the engine: each gets time in proportion to its <see cref="Weight"/>, and none more than its share of the places where requests wait. Default
    /// empty: all such requests are of one client.
    /// </summary>
    public string Client { get; init; } = "";

    /// <summary>The client's share of the engine beside a client of weight 1, at least 1. Default 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Under which name measurements count what the request takes of the engine; few of them, since each is kept. Default null: it is not counted by name.</summary>
    public string? Account { get; init; }

    /// <summary>
    /// Receives the number of evaluations that were made for the request once it ends, however it ends. Runs on the thread that ends it, so it must be quick.
    /// Default null: not wanted.
    /// </summary>
    public Action<int>? Spent { get; init; }

    /// <summary>The shape of the input; default is the model's fixed one.</summary>
    public ShapeKey Shape { get; init; }

    /// <summary>
    /// z_0, <c>[StateWidth]</c> of the shape: a state from which to start, read when the row joins. Default null: cold, from zero. A start may save
    /// evaluations; whether the answer is the same is the model's to promise.
    /// </summary>
    public ReadOnlyMemory<float>? Start { get; init; }

    /// <summary>
    /// Says where to start when that is known only once <see cref="Input"/> has been read; null is cold. Instead of <see cref="Start"/>. Runs on an engine thread
    /// right after <see cref="Input"/>; what it throws becomes the request's failure. Default null: nothing to say.
    /// </summary>
    public Func<StartPlan?>? PlanStart { get; init; }

    /// <summary>
    /// Whether <see cref="Start"/>, or a state of <see cref="PlanStart"/>, came from an earlier solve, asked when the request is answered. Default null: every start
    /// did. A start that is computed from the input alone is cold.
    /// </summary>
    public Func<bool>? IsWarm { get; init; }

    /// <summary>
    /// Judges the answer each time the residual meets the tolerance: only one that it accepts converges, and ends <see cref="Rivals"/>. Default null: every one is accepted.
    /// </summary>
    public AnswerJudge? Judge { get; init; }

    /// <summary>Whether the answer lists the residual of every evaluation. Default false.</summary>
    public bool KeepsResiduals { get; init; }

    /// <summary>
    /// Makes the energy of each iterate of what the model's graph gives, which the answer then lists and <see cref="Progress"/> receives. Runs on an engine thread; costs about
    /// half an evaluation more for each. The model has an energy, and there is neither <see cref="PlanStart"/> nor <see cref="Judge"/>. Default null: not wanted.
    /// </summary>
    public ReadEnergy? Energy { get; init; }

    /// <summary>
    /// Receives the best iterate, <c>[StateWidth]</c> of the shape, before <see cref="Output"/> is called; left as it is when none was finite.
    /// The client's memory, not to be touched until the answer is there. Default null: the state is not copied.
    /// </summary>
    public Memory<float>? FinalState { get; init; }

    /// <summary>
    /// k, at least 1: stop as <see cref="StopReason.Stable"/> when the decoded answer has not changed for k evaluations in a row. Each
    /// evaluation of the row is then decoded, which costs time. Evaluations that bring no better iterate are not counted, since they say
    /// nothing about the answer. Default null, off.
    /// </summary>
    public int? UntilStable { get; init; }

    /// <summary>Whether two decoded answers count as the same. Required with <see cref="UntilStable"/>; runs on an engine thread.</summary>
    public Func<TResult, TResult, bool>? IsSame { get; init; }

    /// <summary>
    /// Receives the best iterate, decoded, after each evaluation, the last included. Runs on an engine thread, so it must be quick; what
    /// it throws becomes the request's failure. Default null, off.
    /// </summary>
    public Action<IterateReport<TResult>>? Progress { get; init; }

    /// <summary>
    /// Whether what awaits the answer may continue on the engine thread, while no other job waits for that thread. It saves waking another thread,
    /// which costs as much as a small solve. The continuation must neither block nor compute. Failures and cancellations always continue on the
    /// thread pool. Default false: answers do too.
    /// </summary>
    public bool ContinuesOnEngineThread { get; init; }
}

/// <summary>Where a running row stands after an evaluation.</summary>
/// <param name="Evaluations">Evaluations made for the row so far.</param>
/// <param name="Residual">The residual at its best iterate; infinite while none was finite.</param>
/// <param name="Result">The best iterate, decoded; default while none was finite.</param>
/// <param name="Restarts">How often the row has begun again because its answer was refused.</param>
public sealed record IterateReport<TResult>(int Evaluations, double Residual, TResult? Result, int Restarts)
{
    /// <summary>The energy of the newest iterate, that at which f was evaluated last; infinite where it was not finite. Default null: not asked for.</summary>
    public double? Energy { get; init; }
}

/// <summary>Makes the energy of an iterate.</summary>
/// <param name="state">z, <c>[StateWidth]</c>; valid during the call.</param>
/// <param name="energy">What the model's graph gives for it.</param>
public delegate double ReadEnergy(ReadOnlySpan<float> state, double energy);
