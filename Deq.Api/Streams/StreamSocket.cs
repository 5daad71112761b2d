using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>A socket on one stream: frames in, results out, under the same rules as by POST.</summary>
/// <remarks>
/// One frame is read ahead of the one that is solved. A caller who sends faster is held up by that, or has all frames but the newest
/// skipped, as it asked for; results say which.
/// </remarks>
/// <param name="socket">Open.</param>
/// <param name="http">The request that became the socket.</param>
/// <param name="stream">The caller's stream.</param>
/// <param name="solver">Answers frames.</param>
/// <param name="frames">Reads them.</param>
internal sealed class StreamSocket(WebSocket socket, HttpContext http, VideoStream stream, FrameSolver solver, SocketFrames frames)
{
    /// <summary>How long the other side may take to answer a closing; a connection cut at once could lose it.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly List<long> _skipped = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>Serves the socket to its end.</summary>
    /// <param name="dropsStale">Whether frames that wait are skipped for newer ones.</param>
    /// <param name="idle">How long it waits for a frame.</param>
    /// <param name="clock">Measures that.</param>
    /// <param name="stopping">When the server stops.</param>
    public async Task RunAsync(bool dropsStale, TimeSpan idle, TimeProvider clock, CancellationToken stopping)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var waiting = Channel.CreateBounded<SocketFrame>(
            new BoundedChannelOptions(1) { FullMode = dropsStale ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait }, Skip);
        Task<SocketClose> reading = ReadAsync(waiting.Writer, idle, clock, stopping, leave.Token);
        SocketClose? close = null;
        try
        {
            await foreach (SocketFrame frame in waiting.Reader.ReadAllAsync(leave.Token))
            {
                close = await AnswerAsync(frame, leave.Token);
                if (close is not null)
                {
                    break;
                }
            }

            close ??= await reading;
            await EndAsync(close);
        }
        finally
        {
            await leave.CancelAsync();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (waiting.Reader.TryRead(out SocketFrame? left))
            {
                left.Share.Dispose();
            }
        }
    }

    private async Task<SocketClose> ReadAsync(
        ChannelWriter<SocketFrame> waiting, TimeSpan idle, TimeProvider clock, CancellationToken stopping, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
                Task<SocketFrame?> next = frames.ReadAsync(cancellation);
                Task first = await Task.WhenAny(next, Task.Delay(idle, clock, enough.Token));
                await enough.CancelAsync();
                if (first != next)
                {
                    // The read goes on until the other side answers the closing, or the socket is let go.
                    _reading = next;
                    return stopping.IsCancellationRequested
                        ? new SocketClose(WebSocketCloseStatus.EndpointUnavailable, "The server is stopping.", null)
                        : new SocketClose(WebSocketCloseStatus.NormalClosure, $"No frame for {idle.TotalSeconds:0.#} s.", null);
                }

                if (await next is not { } frame)
                {
                    return new SocketClose(WebSocketCloseStatus.NormalClosure, null, null);
                }

                await waiting.WriteAsync(frame, cancellation);
            }
        }
        catch (ProblemException problem)
        {
            return new SocketClose(
                problem.Kind == ProblemKinds.BodyTooLarge ? WebSocketCloseStatus.MessageTooBig : WebSocketCloseStatus.PolicyViolation, problem.Kind.Title, problem);
        }
        finally
        {
            waiting.Complete();
        }
    }

    /// <summary>Answers a frame. What closes the socket, or null to go on.</summary>
    private async Task<SocketClose?> AnswerAsync(SocketFrame frame, CancellationToken cancellation)
    {
        using HeldBodies.Share share = frame.Share;
        long[] skipped = TakeSkipped();
        try
        {
            FrameReply reply = await solver.AnswerAsync(http, stream, frame.Index, frame.Bytes, cancellation);
            bool isBinary = reply.ContentType != AcceptHeader.Json;
            FrameAnswer result = reply.Result with { Skipped = skipped.Length > 0 ? skipped : null, Bytes = isBinary ? reply.Body.Length : null };
            await SendAsync(JsonSerializer.SerializeToUtf8Bytes(result, JsonSerializerOptions.Web), WebSocketMessageType.Text, cancellation);
            if (isBinary)
            {
                await SendAsync(reply.Body, WebSocketMessageType.Binary, cancellation);
            }

            return null;
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && fault is not WebSocketException)
        {
            ProblemException problem = ProblemPipeline.ProblemOf(fault, http);
            if (problem.Kind == ProblemKinds.StreamNotFound)
            {
                return new SocketClose(WebSocketCloseStatus.PolicyViolation, problem.Kind.Title, problem);
            }

            await SendAsync(frame.Index, skipped, problem, cancellation);
            return null;
        }
    }

    private async Task EndAsync(SocketClose close)
    {
        if (close.Problem is not null && socket.State == WebSocketState.Open)
        {
            await SendAsync(null, [], close.Problem, http.RequestAborted);
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(close.Status, close.Reason, http.RequestAborted);
            await Task.WhenAny(DrainAsync(), Task.Delay(s_grace, http.RequestAborted));
        }
    }

    /// <summary>Reads until the other side has answered the closing.</summary>
    private async Task DrainAsync()
    {
        try
        {
            await _reading;
            byte[] rest = new byte[1 << 10];
            while (socket.State == WebSocketState.CloseSent)
            {
                await socket.ReceiveAsync(rest, http.RequestAborted);
            }
        }
        catch (Exception fault) when (fault is WebSocketException or OperationCanceledException or ObjectDisposedException or ProblemException)
        {
            // Whoever does not answer is let go.
        }
    }

    private Task SendAsync(long? index, long[] skipped, ProblemException problem, CancellationToken cancellation) => SendAsync(
        JsonSerializer.SerializeToUtf8Bytes(
            new { Index = index, Skipped = skipped.Length > 0 ? skipped : null, Problem = ProblemWriter.Describe(http, problem) }, ProblemWriter.Json),
        WebSocketMessageType.Text, cancellation);

    private Task SendAsync(byte[] message, WebSocketMessageType type, CancellationToken cancellation) =>
        socket.SendAsync(message, type, endOfMessage: true, cancellation);

    private void Skip(SocketFrame frame)
    {
        frame.Share.Dispose();
        lock (_skipped)
        {
            _skipped.Add(frame.Index);
        }
    }

    private long[] TakeSkipped()
    {
        lock (_skipped)
        {
            long[] skipped = [.. _skipped];
            _skipped.Clear();
            return skipped;
        }
    }

    /// <summary>Why a socket is closed.</summary>
    private sealed record SocketClose(WebSocketCloseStatus Status, string? Reason, ProblemException? Problem);
}
