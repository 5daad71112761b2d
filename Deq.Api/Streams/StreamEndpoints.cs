using System.Globalization;
using System.Net.WebSockets;
using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
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

    public static void MapStreams(this WebApplication app)
    {
        app.Services.GetRequiredService<StreamMetrics>().Observe(app.Services.GetRequiredService<StreamStore>());
        IStreamedTask[] tasks = [.. app.Services.GetServices<IStreamedTask>()];
        ModelCatalogue models = app.Services.GetRequiredService<ModelCatalogue>();
        RouteGroupBuilder group = app.MapGroup(Root).WithTags("Streams").CatchProblems().LimitClients().ForRoles(Roles.Infer).CanFail(ProblemKinds.TooManyRequests)
            .Describe((operation, _) => StreamDocumentation.DescribeId(operation));
        group.MapPost("/", OpenAsync).TakesQuery().WithName(OpenName).WithSummary("Opens a stream of frames.")
            .WithDescription(
                "Frames that follow one another have nearby fixed points: each is solved from where the last one ended, when that is the better start. "
                + "The stream belongs to the client, and is closed when it lies idle.")
            .CanFail(
                ProblemKinds.MalformedRequest, ProblemKinds.UnknownParameter, ProblemKinds.InvalidParameter, ProblemKinds.ConflictingParameter, ProblemKinds.MissingBody,
                ProblemKinds.BodyTooSlow, ProblemKinds.WrongTask, ProblemKinds.ModelNotFound, ProblemKinds.BodyTooLarge, ProblemKinds.UnsupportedMediaType, ProblemKinds.TooManyStreams,
                ProblemKinds.Overloaded)
            .Produces<StreamDescription>(StatusCodes.Status201Created)
            .Describe((operation, _) => StreamDocumentation.DescribeOpening(operation, tasks, models));
        RouteGroupBuilder one = group.MapGroup("/{id}").CanFail(ProblemKinds.StreamNotFound, ProblemKinds.UnknownParameter);
        one.MapGet("/", DescribeAsync).TakesQuery().WithName("describeStream").WithSummary("Describes one of the client's streams.");
        one.MapDelete("/", CloseAsync).TakesQuery().WithName("closeStream").WithSummary("Closes one of the client's streams.").Produces(StatusCodes.Status204NoContent);
        one.MapPost("/frames", AnswerAsync).TakesQuery().WithName(FrameName).WithSummary("Answers a frame, given the frame before.")
            .WithDescription(
                "Frames of one stream are handled one after the other. The first is only taken in. The same frame again gets the stored answer; another one of the "
                + "same index is refused. After a gap, another size, a cut or a loss the answer says why it did not start warm.")
            .CanFail([
                ProblemKinds.InvalidParameter, ProblemKinds.MissingBody, ProblemKinds.BodyTooSlow, ProblemKinds.FrameConflict, ProblemKinds.BodyTooLarge,
                ProblemKinds.UnsupportedMediaType, ProblemKinds.InvalidInput, ProblemKinds.Diverged, ProblemKinds.QueueFull, ProblemKinds.DeadlineUnreachable, ProblemKinds.Overloaded,
                ProblemKinds.Stopping, .. tasks.SelectMany(task => task.Problems)])
            .Describe((operation, context) => StreamDocumentation.DescribeFrame(operation, context, tasks));
        one.MapGet("/ws", ConnectAsync).TakesQuery(DropStale).WithName(SocketName).WithSummary("Frames in and results out over a WebSocket.")
            .WithDescription(
                "Binary messages are frames, texts are results, under the same rules as by POST. A text {\"index\":7} sets the index of the next frame. Where the stream's output is "
                + "not JSON, a result says how many bytes the binary message after it has.")
            .CanFail(ProblemKinds.MalformedRequest, ProblemKinds.InvalidParameter, ProblemKinds.OriginNotAllowed, ProblemKinds.Overloaded)
            .Describe((operation, _) => StreamDocumentation.DescribeSocket(operation));

        // The handshake of HTTP/2 (RFC 8441), which an API document cannot describe.
        one.MapMethods("/ws", [HttpMethods.Connect], ConnectAsync).TakesQuery(DropStale).ExcludeFromDescription();
    }

    private static async Task<IResult> OpenAsync(
        HttpContext http, IStreams streams, ModelCatalogue models, BudgetCatalogue budgets, PayloadReader reader, HeldBodies bodies, RequestLimits limits,
        IEnumerable<IStreamedTask> tasks, PathOfTask paths)
    {
        using HeldBodies.Share share = bodies.Open("", ClientLimit.ClientOf(http));
        byte[]? body = await reader.ReadAsync(
            http.Request, share, [AcceptHeader.Json], () => Missing("an object such as {\"model\":\"name\"}"), (body, _, _) => body.ReadAsync(), MostBytes);
        if (body is null)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        StreamTerms terms = StreamRequest.Parse(body, models, budgets, limits, [.. tasks], paths);
        terms = terms with { Grant = terms.Grant.For(share) };
        StreamDescription stream = await streams.OpenAsync(share.Client, terms);
        RequestRecord.Of(http).Concern(terms.Model);
        return TypedResults.Created($"{Root}/{stream.Id}", stream);
    }

    private static async Task<Ok<StreamDescription>> DescribeAsync(string id, HttpContext http, IStreams streams, RequestLimits limits) =>
        TypedResults.Ok(await FindAsync(id, http, streams, limits));

    private static async Task<NoContent> CloseAsync(string id, HttpContext http, IStreams streams, RequestLimits limits)
    {
        await FindAsync(id, http, streams, limits);
        await streams.CloseAsync(id, ClientLimit.ClientOf(http, limits.ClientHeader));
        return TypedResults.NoContent();
    }

    private static async Task<IResult> AnswerAsync(
        string id, HttpContext http, IStreams streams, PayloadReader reader, HeldBodies bodies, RequestLimits limits, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        (StreamDescription stream, IDisposable use) = await streams.ExpectAsync(id, ClientLimit.ClientOf(http, limits.ClientHeader)) ?? throw StreamProblems.NotFound();
        using IDisposable expected = use;
        RequestRecord.Of(http).Concern(stream.Model);
        long? index = IndexOf(http.Request);
        using HeldBodies.Share share = bodies.Open(stream.Model, ClientLimit.ClientOf(http));
        byte[]? body = await reader.ReadAsync(
            http.Request, share, PayloadReader.ImageTypes, () => Missing("an image"), (body, _, _) => body.ReadAsync(), deadlineMs: stream.Budget.DeadlineMs);
        if (body is null)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        FrameReply reply;
        try
        {
            reply = await streams.AnswerAsync(new FrameMessage(id, share.Client, index, body) { Begun = begun }, ClientConnection.GoneOf(http));
        }
        catch (OperationCanceledException) when (ClientConnection.GoneOf(http).IsCancellationRequested)
        {
            http.NoteClientGone();
            return Results.Empty;
        }

        // However slowly the client reads the answer, the frame has come.
        expected.Dispose();
        RequestRecord.Of(http).Note(reply);
        share.AddAnswer(reply.Body.Length);
        await SendAsync(http, reply);
        return Results.Empty;
    }

    private static async Task SendAsync(HttpContext http, FrameReply reply)
    {
        foreach ((string name, string value) in reply.Headers)
        {
            http.Response.Headers[name] = value;
        }

        http.Response.ContentType = reply.ContentType;
        http.Response.ContentLength = reply.Body.Length;
        await http.SendAsync(reply.Body);
    }

    private static async Task<IResult> ConnectAsync(
        string id, HttpContext http, IStreams streams, HeldBodies bodies, RequestLimits limits, StreamLimits bounds, OpenConnections connections, TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        StreamDescription stream = await FindAsync(id, http, streams, limits);
        bool dropsStale = DropsStale(http.Request);
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "This path takes WebSocket handshakes only; frames can also be sent by POST to …/frames.");
        }

        string client = ClientLimit.ClientOf(http, limits.ClientHeader);
        long next = await streams.NextIndexAsync(id, client, ClientConnection.GoneOf(http));
        using IDisposable place = connections.TakeSocket(client);
        using WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        var frames = new SocketFrames(socket, stream.Model, client, next, limits, bodies, clock);
        try
        {
            await new StreamSocket(socket, http, id, client, streams, frames).RunAsync(dropsStale, bounds.Idle, clock, lifetime.ApplicationStopping);
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException)
        {
            // The peer closed the connection without a handshake.
        }

        return Results.Empty;
    }

    /// <summary>Notes how a frame was solved, where it was.</summary>
    public static void Note(this RequestRecord record, FrameReply reply)
    {
        if (reply.Stop is { } stop)
        {
            record.Note(stop, reply.Evaluations);
        }
    }

    private static async Task<StreamDescription> FindAsync(string id, HttpContext http, IStreams streams, RequestLimits limits)
    {
        StreamDescription stream = await streams.FindAsync(id, ClientLimit.ClientOf(http, limits.ClientHeader)) ?? throw StreamProblems.NotFound();
        RequestRecord.Of(http).Concern(stream.Model);
        return stream;
    }

    private static ProblemException Missing(string what) => new(ProblemKinds.MissingBody, $"The body is empty; it must be {what}.");

    private static long? IndexOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(IndexHeader, out Microsoft.Extensions.Primitives.StringValues values))
        {
            return null;
        }

        return long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long index) && index <= FrameMessage.MostIndex
            ? index
            : throw ProblemException.OfParameter(IndexHeader, $"'{values.ToString().Shorten()}' is not acceptable; it must be a whole number from 0 to {FrameMessage.MostIndex}.");
    }

    private static bool DropsStale(HttpRequest request)
    {
        string text = request.Query[DropStale].ToString();
        return text.Length != 0 && (bool.TryParse(text, out bool value) ? value : throw ProblemException.OfParameter(
            DropStale, $"'{text.Shorten()}' is not acceptable; it must be true or false."));
    }
}
