using System.Globalization;
using System.Net.WebSockets;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Streams;

/// <summary><c>/api/v1/streams</c>: videos whose frames start where the last one ended.</summary>
internal static class StreamEndpoints
{
    public const string OpenName = "openStream";

    public const string FrameName = "answerFrame";

    public const string SocketName = "streamSocket";

    public const string IndexHeader = "Frame-Index";

    public const string DropStale = "dropStale";

    private const string Root = "/api/v1/streams";

    /// <summary>Bytes of the object that opens a stream.</summary>
    private const int MostBytes = 16 << 10;

    /// <summary>The largest integer that JSON readers keep exactly.</summary>
    private const long MostIndex = (1L << 53) - 1;

    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup(Root).WithTags("Streams").CatchProblems().LimitClients().CanFail(ProblemKinds.TooManyRequests);
        group.MapPost("/", OpenAsync).WithName(OpenName).WithSummary("Opens a stream of frames.")
            .WithDescription(
                "Frames that follow one another have nearby fixed points: each is solved from where the last one ended, when that is the better start. "
                + "The stream belongs to the caller, and is closed when it lies idle.")
            .CanFail(
                ProblemKinds.MalformedRequest, ProblemKinds.UnknownParameter, ProblemKinds.InvalidParameter, ProblemKinds.ConflictingParameter, ProblemKinds.MissingBody,
                ProblemKinds.WrongTask, ProblemKinds.ModelNotFound, ProblemKinds.BodyTooLarge, ProblemKinds.UnsupportedMediaType, ProblemKinds.TooManyStreams,
                ProblemKinds.Overloaded);
        RouteGroupBuilder one = group.MapGroup("/{id}").CanFail(ProblemKinds.StreamNotFound);
        one.MapGet("/", Describe).WithName("describeStream").WithSummary("Describes one of the caller's streams.");
        one.MapDelete("/", Close).WithName("closeStream").WithSummary("Closes one of the caller's streams.").Produces(StatusCodes.Status204NoContent);
        one.MapPost("/frames", AnswerAsync).WithName(FrameName).WithSummary("Answers a frame with the flow from the frame before.")
            .WithDescription(
                "Frames of one stream are handled one after the other. The first is answered with flow null. The same frame again gets the stored answer; another one of the "
                + "same index is refused. After a gap, another size, a cut or a loss the answer says why it did not start warm.")
            .CanFail(
                ProblemKinds.InvalidParameter, ProblemKinds.MissingBody, ProblemKinds.FrameConflict, ProblemKinds.FrameSize, ProblemKinds.BodyTooLarge,
                ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedMediaType, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow,
                ProblemKinds.Diverged, ProblemKinds.QueueFull, ProblemKinds.DeadlineUnreachable, ProblemKinds.Overloaded, ProblemKinds.Stopping);
        one.MapGet("/ws", ConnectAsync).WithName(SocketName).WithSummary("Frames in and results out over a WebSocket.")
            .WithDescription(
                "Binary messages are frames, texts are results, under the same rules as by POST. A text {\"index\":7} sets the index of the next frame. Where the stream's output is "
                + "not JSON, a result says how many bytes the binary message after it has.")
            .CanFail(ProblemKinds.MalformedRequest, ProblemKinds.UnknownParameter, ProblemKinds.InvalidParameter);
    }

    private static async Task<Created<StreamDescription>> OpenAsync(
        HttpContext http, IStreamStore streams, ModelCatalog models, BudgetCatalog budgets, HeldBodies bodies, RequestLimits limits, StreamLimits bounds)
    {
        if (!http.Request.HasJsonContentType() && http.Request.ContentLength is not 0)
        {
            throw StreamBody.Unsupported(http.Request, [AcceptHeader.Json]);
        }

        using HeldBodies.Share share = bodies.Open("");
        byte[] body = await StreamBody.ReadAsync(http.Request, share, MostBytes, "an object such as {\"model\":\"flow\"}");
        StreamTerms terms = StreamRequest.Parse(body, models, budgets, limits);
        VideoStream stream = streams.Open(ClientLimit.ClientOf(http, limits.ClientHeader), terms);
        RequestRecord.Of(http).Concern(terms.Model);
        return TypedResults.Created($"{Root}/{stream.Id}", StreamDescription.Of(stream, bounds));
    }

    private static Ok<StreamDescription> Describe(string id, HttpContext http, IStreamStore streams, RequestLimits limits, StreamLimits bounds) =>
        TypedResults.Ok(StreamDescription.Of(Find(id, http, streams, limits), bounds));

    private static NoContent Close(string id, HttpContext http, IStreamStore streams, RequestLimits limits)
    {
        streams.Close(Find(id, http, streams, limits));
        return TypedResults.NoContent();
    }

    private static async Task<IResult> AnswerAsync(
        string id, HttpContext http, IStreamStore streams, FrameSolver solver, HeldBodies bodies, RequestLimits limits)
    {
        VideoStream stream = Find(id, http, streams, limits);
        long? index = IndexOf(http.Request);
        if (!StreamBody.IsImage(http.Request) && http.Request.ContentLength is not 0)
        {
            throw StreamBody.Unsupported(http.Request, PayloadReader.ImageTypes);
        }

        using HeldBodies.Share share = bodies.Open(stream.Terms.Model.Manifest.Name);
        byte[] body = await StreamBody.ReadAsync(http.Request, share, limits.BodyBytes, "an image");
        FrameReply reply = await solver.AnswerAsync(http, stream, index, body, http.RequestAborted);
        foreach ((string name, string value) in reply.Headers)
        {
            http.Response.Headers[name] = value;
        }

        return Results.Bytes(reply.Body, reply.ContentType);
    }

    private static async Task<IResult> ConnectAsync(
        string id, HttpContext http, IStreamStore streams, FrameSolver solver, HeldBodies bodies, RequestLimits limits, StreamLimits bounds, TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        VideoStream stream = Find(id, http, streams, limits);
        bool dropsStale = DropsStale(http.Request);
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "This path takes WebSocket handshakes only; frames can also be sent by POST to …/frames.");
        }

        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        var frames = new SocketFrames(socket, stream.Terms.Model.Manifest.Name, stream.Memory.Index + 1, limits, bodies);
        try
        {
            await new StreamSocket(socket, http, stream, solver, frames).RunAsync(dropsStale, bounds.Idle, clock, lifetime.ApplicationStopping);
        }
        catch (WebSocketException)
        {
            // The other side is gone without a word.
        }

        return Results.Empty;
    }

    private static VideoStream Find(string id, HttpContext http, IStreamStore streams, RequestLimits limits)
    {
        VideoStream stream = streams.Find(id, ClientLimit.ClientOf(http, limits.ClientHeader)) ?? throw StreamProblems.NotFound();
        RequestRecord.Of(http).Concern(stream.Terms.Model);
        return stream;
    }

    private static long? IndexOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(IndexHeader, out Microsoft.Extensions.Primitives.StringValues values))
        {
            return null;
        }

        return long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long index) && index <= MostIndex
            ? index
            : throw StreamRequest.Invalid(IndexHeader, $"'{StreamRequest.Shorten(values.ToString())}' is not acceptable; it must be a whole number from 0 to {MostIndex}.");
    }

    private static bool DropsStale(HttpRequest request)
    {
        string[] unknown = [.. request.Query.Keys.Where(name => name != DropStale).Select(StreamRequest.Shorten)];
        if (unknown.Length > 0)
        {
            throw new ProblemException(ProblemKinds.UnknownParameter, $"Unknown: {string.Join(", ", unknown)}. Known: {DropStale}.")
                .With("unknown", unknown).With("known", new[] { DropStale });
        }

        string text = request.Query[DropStale].ToString();
        return text.Length != 0 && (bool.TryParse(text, out bool value) ? value : throw StreamRequest.Invalid(
            DropStale, $"'{StreamRequest.Shorten(text)}' is not acceptable; it must be true or false."));
    }
}
