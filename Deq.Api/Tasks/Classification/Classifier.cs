using Deq.Api.Problems;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Tasks.Classification;

/// <summary>Has a model's engine classify the images of one request, each solved on its own. Only waits; the engine's threads do the work.</summary>
internal static class Classifier
{
    /// <summary>
    /// The results in the order of the images; null when the caller went away, which is no exception because many may go at once, and throwing
    /// for each would hold up those that stay. The first failure calls the others off.
    /// </summary>
    /// <param name="model">Whose engine.</param>
    /// <param name="payload">The images.</param>
    /// <param name="grant">What each may spend.</param>
    /// <param name="time">What the grant's deadline leaves to the engine, from now.</param>
    /// <param name="progress">Told after every evaluation of every image, on an engine thread, which it must not keep; null: nobody asks.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    /// <exception cref="ProblemException">The engine has no room, or an image or a solve has a fault.</exception>
    public static async Task<IReadOnlyList<ImageResult>?> ClassifyAsync(
        ServedModel model, Payload payload, SolveGrant grant, TimeSpan time, Action<IterateEvent>? progress, CancellationToken cancellation)
    {
        return await EngineCall.SolveAsync(
            model,
            together => payload.Images.Select((image, place) => RequestOf(model, image, place, grant, time, progress, together) with
            {
                ContinuesOnEngineThread = progress is null && payload.Images.Count == 1,
            }),
            answer => ResultOf(answer, grant),
            cancellation);
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
            : throw EngineCall.Diverged(report);
    }
}
