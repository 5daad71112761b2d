using System.Runtime.ExceptionServices;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>Has a model's engine solve the parts of one request, each on its own. Only waits; the engine's threads do the work.</summary>
/// <param name="model">Whose engine.</param>
/// <param name="grant">What each part without its own grant may spend.</param>
/// <param name="time">What the grant's deadline leaves to the engine, from now.</param>
internal sealed class EngineCall(ServedModel model, SolveGrant grant, TimeSpan time)
{
    /// <summary>
    /// The results in the order of the parts; null once the client has left, which is no exception: many may leave at once, and throwing for each would
    /// hold up those that stay. The first failure cancels the others.
    /// </summary>
    /// <param name="parts">At least one.</param>
    /// <param name="progress">Receives a part's place and an event of it, of parts that have some, on an engine thread, which it must not block; null: not wanted.</param>
    /// <param name="continuesOnEngineThread">Whether the caller of a single part may continue on the engine thread; it must leave it soon.</param>
    /// <param name="cancellation">When the client leaves.</param>
    /// <exception cref="ProblemException">The engine has no room, or an input or a solve has a fault.</exception>
    public async Task<SolvedPart[]?> SolveAsync(
        IReadOnlyList<SolvePart> parts, Action<int, object>? progress, bool continuesOnEngineThread, CancellationToken cancellation)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Dictionary<int, RivalSolves> groups = parts.Where(part => part.Group is not null).DistinctBy(part => part.Group)
            .ToDictionary(part => part.Group!.Value, _ => new RivalSolves());
        try
        {
            bool continues = continuesOnEngineThread && progress is null && parts.Count == 1;
            InferenceRequest<object?>[] requests =
            [
                .. parts.Select((part, place) => part.Request(place, part.Grant ?? grant, groups.GetValueOrDefault(part.Group ?? -1), time, progress, continues, together.Token)),
            ];
            return await SolveTogetherAsync(parts, requests, together);
        }
        catch
        {
            // Cancels what may still be under way. After an answer nothing is, and cancelling would cost waking a thread.
            await together.CancelAsync();
            throw;
        }
        finally
        {
            foreach (RivalSolves rivals in groups.Values)
            {
                rivals.Dispose();
            }
        }
    }

    /// <summary>A solve without a finite iterate or output, as a problem.</summary>
    /// <param name="report">Its residual is null where no iterate was finite: then f(z_0) was not, which every solver evaluates first.</param>
    public static ProblemException Diverged(SolveReport report) => new ProblemException(
        ProblemKinds.Diverged,
        report.Residual is null
            ? "The encoder or the cell gave numbers that are not finite for this input, from the first evaluation on: another solver does no better."
            : "The output of the best iterate is not finite. Another solver may do better.").With("solve", report);

    private async Task<SolvedPart[]?> SolveTogetherAsync(
        IReadOnlyList<SolvePart> parts, InferenceRequest<object?>[] requests, CancellationTokenSource together)
    {
        AdmissionDecision decision = model.Engine.Submit(requests, out IReadOnlyList<Task<InferenceAnswer<object?>>> answers);
        if (decision.Outcome != Admission.Accepted)
        {
            throw Refused(decision);
        }

        var results = new SolvedPart[answers.Count];
        Exception? first = null;
        bool hasLeft = false;
        for (int i = 0; i < results.Length; i++)
        {
            // Every answer is awaited, whatever the others came to: until then the engine may read what the request holds.
            await ((Task)answers[i]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (answers[i].IsCanceled)
            {
                hasLeft |= first is null;
                continue;
            }

            if (await FaultOfAsync(answers[i], parts[i], results, i) is { } fault)
            {
                first ??= fault;
                await together.CancelAsync();
            }
        }

        if (first is not null && !hasLeft)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return hasLeft ? null : results;
    }

    /// <summary>Takes in the result of a part, or gives what went wrong.</summary>
    private async Task<Exception?> FaultOfAsync(Task<InferenceAnswer<object?>> answer, SolvePart part, SolvedPart[] results, int place)
    {
        try
        {
            InferenceAnswer<object?> solved = await answer;
            SolveReport report = (part.Grant ?? grant).Report(solved);
            object? found = part.IsOptional ? solved.Result : solved.Result ?? throw Diverged(report);
            results[place] = new SolvedPart(found, report, solved.Solution.Stop) { Start = solved.Start, Residuals = solved.Residuals, Energies = solved.Energies, Subject = part.Subject };
            return null;
        }
        catch (Exception fault) when (fault is ProblemException or UnfitInputException)
        {
            ProblemException problem = fault is UnfitInputException unfit ? ProblemPipeline.Unfit(unfit) : (ProblemException)fault;
            return part.IsImage ? Placed(problem, place, results.Length) : problem;
        }
        catch (EngineStoppedException)
        {
            return Refused(new AdmissionDecision(Admission.Stopping, TimeSpan.Zero));
        }
        catch (Exception fault)
        {
            // Whatever it was, the other parts are waited for first.
            return fault;
        }
    }

    /// <summary>The problem of one of several images, with its place.</summary>
    public static ProblemException Placed(ProblemException fault, int place, int images)
    {
        if (images == 1)
        {
            return fault;
        }

        var placed = new ProblemException(fault.Kind, $"Image {place + 1} of {images}: {fault.Message}");
        foreach ((string name, object? value) in fault.Members)
        {
            placed.With(name, value);
        }

        return placed.With("image", place);
    }

    private static ProblemException Refused(AdmissionDecision decision)
    {
        ProblemException problem = decision.Outcome switch
        {
            Admission.QueueFull => new ProblemException(ProblemKinds.QueueFull, "The queue of this model is full, or longer than a request may wait."),
            Admission.DeadlineUnreachable => new ProblemException(
                ProblemKinds.DeadlineUnreachable, "By what waits already, the deadline would pass before the first evaluation."),
            _ => new ProblemException(ProblemKinds.Stopping, "The server takes no more requests."),
        };
        return problem.WithRetryAfter(decision.RetryAfter > TimeSpan.Zero ? decision.RetryAfter : ProblemException.DefaultRetryAfter);
    }
}
