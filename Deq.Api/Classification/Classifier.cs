using Deq.Api.Errors;
using Deq.Api.Models;
using Deq.Runtime.Scheduling;

namespace Deq.Api.Classification;

/// <summary>Has a model's engine classify the images of one request, each solved on its own. Only waits; the engine's threads do the work.</summary>
internal static class Classifier
{
    /// <summary>The results in the order of the images. The first failure, or the caller's going away, calls the others off.</summary>
    /// <param name="model">Whose engine.</param>
    /// <param name="payload">The images.</param>
    /// <param name="grant">What each may spend.</param>
    /// <param name="time">What the grant's deadline leaves to the engine, from now.</param>
    /// <param name="progress">Told after every evaluation of every image, on an engine thread, which it must not keep; null: nobody asks.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    /// <exception cref="ProblemException">The engine has no room, or an image or a solve has a fault.</exception>
    public static async Task<IReadOnlyList<ImageResult>> ClassifyAsync(
        ServedModel model, Payload payload, SolveGrant grant, TimeSpan time, Action<IterateEvent>? progress, CancellationToken cancellation)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await ClassifyTogetherAsync(model, payload, grant, time, progress, together);
        }
        catch
        {
            // Nobody waits for what may still be under way. After an answer nothing is, and calling it off would cost a thread's wake-up.
            await together.CancelAsync();
            throw;
        }
    }

    private static async Task<ImageResult[]> ClassifyTogetherAsync(
        ServedModel model, Payload payload, SolveGrant grant, TimeSpan time, Action<IterateEvent>? progress, CancellationTokenSource together)
    {
        AdmissionDecision decision = model.Engine.Submit(
            [.. payload.Images.Select((image, place) => RequestOf(model, image, place, grant, time, progress, together.Token))],
            out IReadOnlyList<Task<InferenceAnswer<TopPredictions?>>> answers);
        if (decision.Outcome != Admission.Accepted)
        {
            throw Refused(decision);
        }

        var results = new ImageResult[answers.Count];
        ProblemException? problem = null;
        for (int i = 0; i < results.Length; i++)
        {
            try
            {
                results[i] = ResultOf(await answers[i], grant);
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
            catch (OperationCanceledException) when (problem is not null)
            {
                // Called off because of the problem.
            }
        }

        return problem is null ? results : throw problem;
    }

    private static InferenceRequest<TopPredictions?> RequestOf(
        ServedModel model, WriteInput image, int place, SolveGrant grant, TimeSpan time, Action<IterateEvent>? progress,
        CancellationToken cancellation) =>
        new()
        {
            Input = image,
            Output = logits => TopPredictions.Of(logits, model.Manifest.Labels, grant.Top),
            Method = grant.Solver,
            Tolerance = new() { Relative = grant.Tolerance },
            Budget = new() { Evaluations = grant.MaxEvaluations, Time = time },
            Priority = grant.Priority,
            UntilStable = grant.UntilStable,
            IsSame = TopPredictions.AreSame,
            Progress = progress is null ? null : report => progress(EventOf(report, place)),
            Cancellation = cancellation,
        };

    private static IterateEvent EventOf(IterateReport<TopPredictions?> report, int place) =>
        new(place, report.Evaluations, double.IsFinite(report.Residual) ? report.Residual : null, report.Result?.Predictions ?? []);

    private static ImageResult ResultOf(InferenceAnswer<TopPredictions?> answer, SolveGrant grant)
    {
        SolveReport report = grant.Report(answer);
        return answer.Result is { } top
            ? new ImageResult(top.Predictions, report)
            : throw new ProblemException(ProblemKinds.Diverged, "Every evaluation gave a number that is not finite. Another solver may do better.")
                .With("solve", report);
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

    /// <summary>What the caller is told when the engine does not take a request.</summary>
    public static ProblemException Refused(AdmissionDecision decision)
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
