using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>Has a model's engine solve what one request brings, each row on its own. Only waits; the engine's threads do the work.</summary>
internal static class EngineCall
{
    /// <summary>The results in the order of the requests; null once the caller has gone away, which is no exception. The first failure calls the others off.</summary>
    /// <param name="model">Whose engine.</param>
    /// <param name="requests">Makes the requests, given the token that calls them off.</param>
    /// <param name="read">Makes a result of an answer; may throw a <see cref="ProblemException"/>.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    /// <exception cref="ProblemException">The engine has no room, or an input or a solve has a fault.</exception>
    public static async Task<TResult[]?> SolveAsync<TAnswer, TResult>(
        ServedModel model,
        Func<CancellationToken, IEnumerable<InferenceRequest<TAnswer>>> requests,
        Func<InferenceAnswer<TAnswer>, TResult> read,
        CancellationToken cancellation)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await SolveTogetherAsync(model, [.. requests(together.Token)], read, together);
        }
        catch
        {
            // Nobody waits for what may still be under way. After an answer nothing is, and calling it off would cost a thread's wake-up.
            await together.CancelAsync();
            throw;
        }
    }

    /// <summary>The result of one request that comes alone.</summary>
    /// <exception cref="ProblemException">The engine has no room, or the input or the solve has a fault.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone away.</exception>
    public static async Task<TResult> SolveOneAsync<TAnswer, TResult>(
        ServedModel model, Func<CancellationToken, InferenceRequest<TAnswer>> request, Func<InferenceAnswer<TAnswer>, TResult> read, CancellationToken cancellation) =>
        await SolveAsync(model, together => [request(together)], read, cancellation) is [var only] ? only : throw new OperationCanceledException(cancellation);

    /// <summary>What a caller is told whose solve gave no finite number.</summary>
    public static ProblemException Diverged(SolveReport report) =>
        new ProblemException(ProblemKinds.Diverged, "Every evaluation gave a number that is not finite. Another solver may do better.").With("solve", report);

    private static async Task<TResult[]?> SolveTogetherAsync<TAnswer, TResult>(
        ServedModel model,
        InferenceRequest<TAnswer>[] requests,
        Func<InferenceAnswer<TAnswer>, TResult> read,
        CancellationTokenSource together)
    {
        AdmissionDecision decision = model.Engine.Submit(requests, out IReadOnlyList<Task<InferenceAnswer<TAnswer>>> answers);
        if (decision.Outcome != Admission.Accepted)
        {
            throw Refused(decision);
        }

        var results = new TResult[answers.Count];
        ProblemException? problem = null;
        for (int i = 0; i < results.Length; i++)
        {
            await ((Task)answers[i]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (answers[i].IsCanceled)
            {
                if (problem is null)
                {
                    return null;
                }

                // Called off because of the problem.
                continue;
            }

            try
            {
                results[i] = read(await answers[i]);
            }
            catch (ProblemException fault)
            {
                problem ??= Placed(fault, i, results.Length);
                await together.CancelAsync();
            }
            catch (EngineStoppedException)
            {
                problem ??= Refused(new AdmissionDecision(Admission.Stopping, TimeSpan.Zero));
            }
        }

        return problem is null ? results : throw problem;
    }

    private static ProblemException Placed(ProblemException fault, int place, int images)
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
        return problem.WithRetryAfter(decision.RetryAfter > TimeSpan.Zero ? decision.RetryAfter : ProblemException.AMoment);
    }
}
