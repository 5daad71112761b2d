using Deq.Api.Errors;
using Deq.Api.Models;
using Deq.Runtime.Scheduling;

namespace Deq.Api.Classification;

/// <summary>Has a model's engine classify the images of one request, each solved on its own. Only waits; the engine's threads do the work.</summary>
internal static class Classifier
{
    /// <summary>The results in the order of the images. The first failure, or the caller's going away, calls the others off.</summary>
    /// <exception cref="ProblemException">The engine has no room, or an image or a solve has a fault.</exception>
    public static async Task<IReadOnlyList<ImageResult>> ClassifyAsync(
        ServedModel model, Payload payload, SolveGrant grant, CancellationToken cancellation)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await ClassifyTogetherAsync(model, payload, grant, together);
        }
        finally
        {
            // However this ends, nobody waits for what may still be under way.
            await together.CancelAsync();
        }
    }

    private static async Task<ImageResult[]> ClassifyTogetherAsync(
        ServedModel model, Payload payload, SolveGrant grant, CancellationTokenSource together)
    {
        AdmissionDecision decision = model.Engine.Submit(
            [.. payload.Images.Select(image => RequestOf(model, image, grant, together.Token))],
            out IReadOnlyList<Task<InferenceAnswer<IReadOnlyList<Prediction>?>>> answers);
        if (decision.Outcome != Admission.Accepted)
        {
            throw Refused(decision.Outcome);
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
                problem ??= Refused(Admission.Stopping);
            }
            catch (OperationCanceledException) when (problem is not null)
            {
                // Called off because of the problem.
            }
        }

        return problem is null ? results : throw problem;
    }

    private static InferenceRequest<IReadOnlyList<Prediction>?> RequestOf(
        ServedModel model, WriteInput image, SolveGrant grant, CancellationToken cancellation) =>
        new()
        {
            Input = image,
            Output = logits => TopPredictions.Of(logits, model.Manifest.Labels, grant.Top),
            Method = grant.Solver,
            Tolerance = new() { Relative = grant.Tolerance },
            Budget = new() { Evaluations = grant.MaxEvaluations, Time = TimeSpan.FromMilliseconds(grant.DeadlineMs) },
            Cancellation = cancellation,
        };

    private static ImageResult ResultOf(InferenceAnswer<IReadOnlyList<Prediction>?> answer, SolveGrant grant)
    {
        SolveReport report = grant.Report(answer);
        return answer.Result is { } predictions
            ? new ImageResult(predictions, report)
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

    private static ProblemException Refused(Admission admission) => admission is Admission.QueueFull or Admission.DeadlineUnreachable
        ? new ProblemException(ProblemKinds.Overloaded, "The queue of this model is full.")
        : new ProblemException(ProblemKinds.Stopping, "The server takes no more requests.");
}
