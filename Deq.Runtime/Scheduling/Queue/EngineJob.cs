using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>An accepted request of any result type, from the queue to its end. It ends exactly once.</summary>
internal abstract class EngineJob
{
    /// <summary>A request without a deadline takes its turn among the others as though it had this one.</summary>
    public static readonly TimeSpan FarDeadline = TimeSpan.FromSeconds(30);

    /// <summary>After how many lost lanes a job or a batch is given up: a device is tried twice, and what stands in for it once.</summary>
    public const int MostLosses = 3;

    public required IFixedPointMethod Method { get; init; }

    public required ShapeKey Shape { get; init; }

    /// <summary>What an evaluation costs, where one of the model's default shape costs 1.</summary>
    public required double Cost { get; init; }

    public required Priority Priority { get; init; }

    /// <summary>Whose job it is, as far as clients share the engine.</summary>
    public required string Client { get; init; }

    /// <summary>The client's share beside one of weight 1.</summary>
    public required int Weight { get; init; }

    /// <summary>The jobs of its client. Belongs to the queue.</summary>
    public ClientJobs? Owner { get; set; }

    /// <summary>Engine time charged in advance, in the clock's ticks. Belongs to the queue.</summary>
    public double Charged { get; set; }

    /// <summary>Its client's place in the line for memory; null without one. Belongs to the queue, then to the thread that has taken it up.</summary>
    public LaneMemory.Claim? Claim { get; set; }

    /// <summary>What the lane that it needs takes, bytes; null where nobody has asked. Belongs to who has <see cref="Claim"/>.</summary>
    public long? LaneBytes { get; set; }

    /// <summary>The clock's timestamp at which it first found no room for that; null where it never did. Belongs to who has <see cref="Claim"/>.</summary>
    public long? LacksRoomSince { get; set; }

    /// <summary>Whether it was taken before and put back.</summary>
    public bool WasPutBack { get; set; }

    /// <summary>Engine time spent on it, in the clock's ticks: its own, and its share of evaluations. Belongs to the thread that has taken it up.</summary>
    public double Service { get; set; }

    public required RowGrant Grant { get; init; }

    /// <summary>Who takes the job back where the lane that solves it is lost; null before it has joined. Belongs to the thread that has taken it up.</summary>
    public IJobKeeper? Keeper { get; set; }

    /// <summary>How often it was taken back. Belongs to the thread that has taken it up.</summary>
    public int Losses { get; private set; }

    /// <summary>Whether no other row may be evaluated with it: a step with it and others failed, and it may be the one that fails. Belongs to the thread that has taken it up.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Whether it may be taken back once more.</summary>
    public bool MayBeSolvedAnew => Losses < MostLosses;

    /// <summary>The clock's timestamp at which it was submitted.</summary>
    public required long AcceptedAt { get; init; }

    /// <summary>The timestamp by which it is to be answered; the largest number without a deadline.</summary>
    public required long DeadlineAt { get; init; }

    /// <summary>The timestamp that decides its turn.</summary>
    public required long DueAt { get; init; }

    /// <summary>Its place among jobs due at the same time. Belongs to the queue.</summary>
    public long Sequence { get; set; }

    /// <summary>Its place in the order of arrival; null when it does not wait. Belongs to the queue.</summary>
    public LinkedListNode<EngineJob>? Arrival { get; set; }

    /// <summary>The state to start from; null is zero.</summary>
    public required ReadOnlyMemory<float>? Start { get; init; }

    /// <summary>Where the best iterate is to go; null is nowhere.</summary>
    public required Memory<float>? FinalState { get; init; }

    /// <summary>Where to start, once <see cref="PlanStart"/> was called; null is where <see cref="Start"/> says.</summary>
    public StartPlan? Plan { get; protected set; }

    /// <summary>The choice among the candidates of <see cref="Plan"/>.</summary>
    public StartChoice? Choice { get; protected set; }

    /// <summary>Judges answers; null accepts every one.</summary>
    public required AnswerJudge? Judge { get; init; }

    /// <summary>Whether the answer is wanted after each evaluation.</summary>
    public abstract bool IsWatched { get; }

    /// <summary>Notes that an engine thread took the job up.</summary>
    public abstract void TakeUp();

    /// <summary>Whether there is a way in that takes less time.</summary>
    public abstract bool HasQuickInput { get; }

    /// <param name="input">To be filled.</param>
    /// <param name="isQuick">Whether to take the way that takes less time.</param>
    public abstract void WriteInput(Span<float> input, bool isQuick);

    /// <summary>Finds out where to start, after the input was written.</summary>
    /// <param name="stateWidth">Numbers of a state.</param>
    public abstract void PlanStart(int stateWidth);

    /// <summary>Notes the residual of an evaluation of the row.</summary>
    public abstract void NoteResidual(double residual);

    /// <summary>Whether the energy of the iterate of an evaluation is wanted and not noted yet.</summary>
    /// <param name="evaluations">Evaluations made for the row.</param>
    public abstract bool LacksEnergyOf(int evaluations);

    /// <summary>Notes the energy of the newest iterate.</summary>
    /// <param name="state">z; empty where it is not finite.</param>
    /// <param name="energy">What the model gives for it.</param>
    public abstract void NoteEnergy(ReadOnlySpan<float> state, double energy);

    /// <summary>Notes that the input is encoded and the row has joined.</summary>
    /// <param name="isStandby">Whether its lane stands in for those of a device that failed.</param>
    public abstract void BeginSolve(bool isStandby);

    /// <summary>Notes that an evaluation was made together with so many rows.</summary>
    public abstract void NoteShare(int rows);

    /// <summary>Records an evaluation of a watched row that continues; see <see cref="AnswerWatch{TResult}"/>. True when the row is to stop.</summary>
    public abstract bool IsStableAfter(ReadOnlySpan<float> output, RowStanding standing);

    /// <summary>Notes that an answer was refused.</summary>
    /// <param name="output">The decoder's output.</param>
    /// <param name="solution">How the solve would have ended.</param>
    public abstract void NoteRefusal(ReadOnlySpan<float> output, RowSolution solution);

    /// <summary>Ends with an answer made from the decoder's output, or from nothing when no iterate was finite; the caller hears of it by <see cref="Complete"/>.</summary>
    /// <param name="output">The decoder's output.</param>
    /// <param name="solution">How the solve ended.</param>
    /// <param name="solvedAt">The timestamp at which it did.</param>
    public abstract void Answer(ReadOnlySpan<float> output, RowSolution solution, long solvedAt);

    /// <summary>Completes the task that the client awaits.</summary>
    /// <param name="inline">Whether this thread has nothing else to do, so that the caller's continuation may run on it if it asked for that.</param>
    public abstract void Complete(bool inline);

    /// <summary>Answers, or fails with what the request's own delegates throw, which completes the task.</summary>
    public bool HasAnswered(ReadOnlySpan<float> output, RowSolution solution, long solvedAt)
    {
        try
        {
            Answer(output, solution, solvedAt);
            return true;
        }
        catch (Exception fault)
        {
            Fail(fault);
            return false;
        }
    }

    /// <summary>Whether the client has left.</summary>
    public abstract bool IsAbandoned { get; }

    /// <summary>Leaves the queue if it became needless while it was being queued.</summary>
    public abstract void LeaveIfAbandoned(JobQueue queue);

    /// <summary>Whether a solve converged that makes this one needless.</summary>
    public abstract bool IsSuperseded { get; }

    /// <summary>Ends without an evaluation: cancelled when the caller went away, superseded where another solve is enough, otherwise because the engine stops.</summary>
    public abstract void Abandon();

    /// <summary>Ends with a fault, unless the job is to be solved anew.</summary>
    public void Fail(Exception fault)
    {
        if (Keeper?.TakesBack(this, fault) == true)
        {
            Losses++;
            Keeper = null;
            ForgetSolve();
            return;
        }

        EndBy(Keeper?.Explained(fault) ?? fault);
    }

    /// <summary>Forgets all that a solve has found and told.</summary>
    protected abstract void ForgetSolve();

    /// <summary>Ends with a fault.</summary>
    protected abstract void EndBy(Exception fault);
}
