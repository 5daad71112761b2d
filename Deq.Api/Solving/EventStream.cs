using System.Buffers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Solving;

/// <summary>
/// An answer as server-sent events: <c>iterate</c> after evaluations, then one <c>result</c>, or one <c>problem</c>. What goes wrong before the first
/// event is an ordinary problem with its own status.
/// </summary>
internal static class EventStream
{
    public const string Iterate = "iterate";

    public const string Result = "result";

    public const string Problem = "problem";

    /// <summary>Iterates that wait, per image, for a client that reads slower than the engine evaluates; older ones are dropped.</summary>
    private const int HeldPerImage = 64;

    /// <summary>Answers with events.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="images">Images of the request, at least 1.</param>
    /// <param name="share">The request's; a large result is counted to it.</param>
    /// <param name="answer">Makes the answer; it passes every iterate to the delegate it gets, which never blocks, until the token is cancelled.</param>
    /// <exception cref="ProblemException">There is no answer and nothing has been sent.</exception>
    public static async Task WriteAsync(HttpContext http, int images, HeldBodies.Share share, Func<Action<object>, CancellationToken, Task<object>> answer)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(ClientConnection.GoneOf(http));
        var iterates = Channel.CreateBounded<object>(
            new BoundedChannelOptions(HeldPerImage * images) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        Task<object> answering = AnswerAsync();
        try
        {
            if (!await iterates.Reader.WaitToReadAsync(leave.Token))
            {
                await answering;
            }

            Begin(http.Response);
            await SseFormatter.WriteAsync(EventsAsync(http, iterates.Reader, share, answering, leave.Token), http.Response.Body, Format, leave.Token);
        }
        finally
        {
            // However this ends, the solve is cancelled, and what the request holds is released only after the engine has stopped reading it.
            await leave.CancelAsync();
            await ((Task)answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<object> AnswerAsync()
        {
            try
            {
                return await answer(iterate => iterates.Writer.TryWrite(iterate), leave.Token);
            }
            finally
            {
                iterates.Writer.Complete();
            }
        }
    }

    private static void Begin(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = AcceptHeader.EventStream;
        response.Headers.CacheControl = "no-store";

        // Some proxies buffer answers; this header turns that off.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    private static async IAsyncEnumerable<SseItem<object>> EventsAsync(
        HttpContext http, ChannelReader<object> iterates, HeldBodies.Share share, Task<object> answering, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (object iterate in iterates.ReadAllAsync(cancellation))
        {
            yield return new SseItem<object>(iterate, Iterate);
        }

        yield return await LastAsync(http, share, answering);
    }

    private static async Task<SseItem<object>> LastAsync(HttpContext http, HeldBodies.Share share, Task<object> answering)
    {
        try
        {
            object answer = await answering;
            byte[] result = JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), JsonSerializerOptions.Web);
            share.AddAnswer(result.Length);
            return new SseItem<object>(result, Result);
        }
        catch (Exception fault) when (!http.RequestAborted.IsCancellationRequested && !ClientConnection.GoneOf(http).IsCancellationRequested)
        {
            return new SseItem<object>(ProblemWriter.Describe(http, ProblemPipeline.ProblemOf(fault, http)), Problem);
        }
    }

    private static void Format(SseItem<object> item, IBufferWriter<byte> output)
    {
        if (item.Data is byte[] written)
        {
            output.Write(written);
            return;
        }

        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, item.Data, item.Data.GetType(), item.EventType == Problem ? ProblemWriter.Json : JsonSerializerOptions.Web);
    }
}
