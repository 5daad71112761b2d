using Deq.Api.Fronts.Rest;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Fronts.OpenInference;

/// <summary><c>POST /v2/models/{model}/infer</c>: tensors in, tensors out, the same for every task.</summary>
internal sealed class InferEndpoint(IServiceProvider services)
{
    private readonly TensorModels _models = services.GetRequiredService<TensorModels>();
    private readonly InferCalls _calls = services.GetRequiredService<InferCalls>();
    private readonly InferBody _bodies = services.GetRequiredService<InferBody>();
    private readonly HeldBodies _held = services.GetRequiredService<HeldBodies>();
    private readonly DecodingThreads _threads = services.GetRequiredService<DecodingThreads>();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();

    /// <summary>The problems that it can answer with.</summary>
    public static IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedRequest, ProblemKinds.UnknownParameter, ProblemKinds.InvalidParameter, ProblemKinds.ConflictingParameter, ProblemKinds.MissingBody,
        ProblemKinds.TensorShape, ProblemKinds.ModelNotFound, ProblemKinds.StreamNotFound, ProblemKinds.TooManyStreams, ProblemKinds.BodyTooSlow, ProblemKinds.BodyTooLarge, ProblemKinds.TooManyImages, ProblemKinds.ImageTooLarge,
        ProblemKinds.UnsupportedMediaType, ProblemKinds.NonFiniteTensor, ProblemKinds.FrameSize, ProblemKinds.NotConverged, ProblemKinds.TooManyRequests,
        ProblemKinds.InvalidInput, ProblemKinds.Diverged, ProblemKinds.QueueFull, ProblemKinds.DeadlineUnreachable, ProblemKinds.Overloaded, ProblemKinds.Stopping,
    ];

    public async Task<IResult> AnswerAsync(string model, string? version, HttpContext http)
    {
        long begun = _clock.GetTimestamp();
        (TensorModel served, ModelLease lease) = _models.Rent(model, version);
        using ModelLease _ = lease;
        using HeldBodies.Share share = _held.Open(model, ClientLimit.ClientOf(http));
        if (await _bodies.ReadAsync(http.Request, share) is not { } body)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        InferRequest asked = await ReadAsync(http.Request, body, served, share);
        try
        {
            if (await _calls.AnswerAsync(http, served, asked, share, begun) is { } answer)
            {
                await InferAnswerWriter.WriteAsync(http, answer, _threads, share);
            }
            else
            {
                http.NoteClientGone();
            }
        }
        finally
        {
            // As of every answer: the next request of the connection must not run on the engine thread.
            await AnswerWriter.LeaveEngineThreadAsync();
        }

        return Results.Empty;
    }

    private async Task<InferRequest> ReadAsync(HttpRequest request, byte[] body, TensorModel model, HeldBodies.Share share)
    {
        string encoding = InferBody.EncodingOf(request);
        string? length = request.Headers.TryGetValue(InferRequestReader.LengthHeader, out Microsoft.Extensions.Primitives.StringValues value) ? value.ToString() : null;
        return encoding.Length == 0 && body.Length <= DecodingThreads.MostInPlace
            ? Read()
            : await _threads.RunAsync(share.Client, Read, ClientConnection.GoneOf(request.HttpContext));

        InferRequest Read() => new InferRequestReader(_bodies.Decompress(body, encoding, share), share.Add).Read(length, model.Inputs);
    }
}
