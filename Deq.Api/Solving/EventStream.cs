using System.Buffers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
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

    /// <summary>Answers with events.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="parts">The most bytes that an iterate of each part of the request takes; at least one part.</param>
    /// <param name="share">The request's; the iterates that may wait for the client are counted to it before anything is solved, and a large result.</param>
    /// <param name="answer">Makes the answer; it passes the place of a part and an iterate of it to the delegate it gets, which never blocks, until the token is cancelled.</param>
    /// <exception cref="ProblemException">There is no answer, or the client's share has no room for iterates, and nothing has been sent.</exception>
    public static async Task WriteAsync(
        HttpContext http, IReadOnlyList<long> parts, HeldBodies.Share share, Func<Action<int, object>, CancellationToken, Task<object>> answer)
    {
        var iterates = new WaitingIterates(parts);
        share.Add(iterates.Bytes);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(ClientConnection.GoneOf(http));
        Task<object> answering = AnswerAsync();
        try
        {
            if (!await iterates.WaitAsync(leave.Token))
            {
                await answering;
            }

            Begin(http.Response);
            await SseFormatter.WriteAsync(EventsAsync(iterates, leave.Token), http.Response.Body, Format, leave.Token);
            await SendLastAsync(http, await LastAsync(http, share, answering));
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
                return await answer(iterates.Add, leave.Token);
            }
            finally
            {
                iterates.Complete();
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

    private static async IAsyncEnumerable<SseItem<object>> EventsAsync(WaitingIterates iterates, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (object iterate in iterates.ReadAllAsync(cancellation))
        {
            yield return new SseItem<object>(iterate, Iterate);
        }
    }

    /// <summary>The last event and its data, which are JSON in one line.</summary>
    private static async Task<(string Event, byte[] Data)> LastAsync(HttpContext http, HeldBodies.Share share, Task<object> answering)
    {
        try
        {
            object answer = await answering;
            byte[] result = JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), JsonSerializerOptions.Web);
            share.AddAnswer(result.Length);
            return (Result, result);
        }
        catch (Exception fault) when (!http.RequestAborted.IsCancellationRequested && !ClientConnection.GoneOf(http).IsCancellationRequested)
        {
            object problem = ProblemWriter.Describe(http, ProblemPipeline.ProblemOf(fault, http));
            return (Problem, JsonSerializer.SerializeToUtf8Bytes(problem, problem.GetType(), ProblemWriter.Json));
        }
    }

    /// <summary>Sends the last event in pieces: a result of one write may take all the time that its bytes have at the least rate, though nobody reads them.</summary>
    private static async Task SendLastAsync(HttpContext http, (string Event, byte[] Data) last)
    {
        await http.SendAsync(Encoding.UTF8.GetBytes($"event: {last.Event}\ndata: "));
        await http.SendAsync(last.Data);
        await http.SendAsync("\n\n"u8.ToArray());
    }

    private static void Format(SseItem<object> item, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, item.Data, item.Data.GetType(), JsonSerializerOptions.Web);
    }
}
