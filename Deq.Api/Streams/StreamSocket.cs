using System.Net.WebSockets;
using System.Threading.Channels;
using Deq.Api.Access;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>A socket on one stream: frames in, results out, under the same rules as by POST.</summary>
/// <remarks>
/// Up to 4 MiB of frames are read ahead of the one that is solved, which also shows when the client leaves. A client that sends more is held up, or has
/// all frames but the newest skipped, as it asked for; results say which.
/// </remarks>
/// <param name="socket">Open.</param>
/// <param name="http">The request that became the socket.</param>
/// <param name="stream">The stream's id.</param>
/// <param name="client">Who opened it.</param>
/// <param name="streams">Answers frames.</param>
/// <param name="frames">Reads them.</param>
internal sealed class StreamSocket(WebSocket socket, HttpContext http, string stream, string client, IStreams streams, SocketFrames frames)
{
    /// <summary>Bytes of frames that may wait.</summary>
    private const long MostAhead = 4 << 20;

    /// <summary>Skipped frames that one result names, the last of them: while one is solved a client may send any number.</summary>
    private const int MostSkipped = 1024;

    /// <summary>How long the other side may take to answer a closing; a connection cut at once could lose it.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly Queue<long> _skipped = [];
    private readonly ReadAhead _ahead = new(MostAhead);
    private int _unanswered;
    private long _answeredAt;
    private Task<SocketFrame?> _reading = Task.FromResult<SocketFrame?>(null);

    /// <summary>Serves the socket to its end.</summary>
    /// <param name="dropsStale">Whether frames that wait are skipped for newer ones.</param>
    /// <param name="idle">How long it waits for a frame.</param>
    /// <param name="clock">Measures that.</param>
    /// <param name="stopping">When the server stops.</param>
    public async Task RunAsync(bool dropsStale, TimeSpan idle, TimeProvider clock, CancellationToken stopping)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, ClientConnection.GoneOf(http));
        Channel<SocketFrame> waiting = dropsStale
            ? Channel.CreateBounded<SocketFrame>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }, Skip)
            : Channel.CreateUnbounded<SocketFrame>();
        Task<SocketClose> reading = ReadAsync(waiting, leave, idle, clock, stopping);
        SocketClose? close = null;
        try
        {
            await foreach (SocketFrame frame in waiting.Reader.ReadAllAsync(leave.Token))
            {
                close = await AnswerAsync(frame, leave.Token);
                Interlocked.Exchange(ref _answeredAt, clock.GetTimestamp());
                Interlocked.Decrement(ref _unanswered);
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
            Discard(waiting);

            // A read that was still under way at the closing may have brought a frame.
            await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_reading.IsCompletedSuccessfully)
            {
                (await _reading)?.Share.Dispose();
            }
        }
    }

    private async Task<SocketClose> ReadAsync(
        Channel<SocketFrame> waiting, CancellationTokenSource leave, TimeSpan idle, TimeProvider clock, CancellationToken stopping)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(leave.Token, stopping);
        try
        {
            while (true)
            {
                await BeginReadAsync(until.Token, leave.Token);
                if (!await HasReadAsync(idle, clock, leave.Token, stopping))
                {
                    return WithoutFrame(waiting, idle, stopping);
                }

                if (await _reading is not { } frame)
                {
                    return new SocketClose(WebSocketCloseStatus.NormalClosure, null, null);
                }

                _reading = Task.FromResult<SocketFrame?>(null);
                Put(frame, waiting);
            }
        }
        catch (ProblemException problem)
        {
            _reading = Task.FromResult<SocketFrame?>(null);
            return Refused(problem);
        }
        catch (OperationCanceledException) when (!leave.IsCancellationRequested)
        {
            return WithoutFrame(waiting, idle, stopping);
        }
        catch (WebSocketException)
        {
            // It has left: no frame of it need be solved.
            await leave.CancelAsync();
            throw;
        }
        finally
        {
            waiting.Writer.Complete();
        }
    }

    private async Task BeginReadAsync(CancellationToken until, CancellationToken leave)
    {
        // A client that is held up is not idle.
        await _ahead.WaitAsync(until);
        await frames.WaitForRatesAsync(until);
        _reading = frames.ReadAsync(leave);
    }

    private static SocketClose Refused(ProblemException problem) =>
        new(problem.Kind == ProblemKinds.BodyTooLarge ? WebSocketCloseStatus.MessageTooBig : WebSocketCloseStatus.PolicyViolation, problem.Kind.Title, problem);

    private void Put(SocketFrame frame, Channel<SocketFrame> waiting)
    {
        _ahead.Add(frame.Bytes.Length);
        Interlocked.Increment(ref _unanswered);
        if (!waiting.Writer.TryWrite(frame))
        {
            Interlocked.Decrement(ref _unanswered);
            frame.Share.Dispose();
        }
    }

    private void Discard(Channel<SocketFrame> waiting)
    {
        while (waiting.Reader.TryRead(out SocketFrame? left))
        {
            Interlocked.Decrement(ref _unanswered);
            left.Share.Dispose();
        }
    }

    private SocketClose WithoutFrame(Channel<SocketFrame> waiting, TimeSpan idle, CancellationToken stopping)
    {
        if (!stopping.IsCancellationRequested)
        {
            return new SocketClose(WebSocketCloseStatus.NormalClosure, $"No frame for {idle.TotalSeconds:0.#} s.", null);
        }

        // What was read ahead would hold up the end.
        Discard(waiting);
        return new SocketClose(WebSocketCloseStatus.EndpointUnavailable, "The server is stopping.", null);
    }

    /// <summary>Whether the read ends in time. Otherwise it continues until the other side answers the closing, or the socket is dropped.</summary>
    private async Task<bool> HasReadAsync(TimeSpan idle, TimeProvider clock, CancellationToken cancellation, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        TimeSpan left = idle;
        Task? first = null;
        while (first != _reading && left > TimeSpan.Zero && !enough.IsCancellationRequested)
        {
            first = await Task.WhenAny(_reading, Task.Delay(left, clock, enough.Token));

            // Nor is one that waits for an answer, or has only just got it.
            left = Volatile.Read(ref _unanswered) > 0 ? idle : idle - clock.GetElapsedTime(Interlocked.Read(ref _answeredAt));
        }

        await enough.CancelAsync();
        return first == _reading;
    }

    /// <summary>Answers a frame. What closes the socket, or null to continue.</summary>
    private async Task<SocketClose?> AnswerAsync(SocketFrame frame, CancellationToken cancellation)
    {
        using HeldBodies.Share share = frame.Share;
        _ahead.Remove(frame.Bytes.Length);
        long[] skipped = TakeSkipped();
        try
        {
            http.RequireAccess();
            FrameReply reply = await streams.AnswerAsync(new FrameMessage(stream, client, frame.Index, frame.Bytes), cancellation);
            RequestRecord.Of(http).Note(reply);
            bool isBinary = reply.ContentType != AcceptHeader.Json;
            byte[] text = SocketMessages.Answer(reply.Json, skipped, isBinary ? reply.Body.Length : null);
            share.AddAnswer(text.Length + (isBinary ? reply.Body.Length : 0L));
            await SendAsync(text, WebSocketMessageType.Text, cancellation);
            if (isBinary)
            {
                await SendAsync(reply.Body, WebSocketMessageType.Binary, cancellation);
            }

            return null;
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && fault is not WebSocketException)
        {
            ProblemException problem = ProblemPipeline.ProblemOf(fault, http);
            if (problem.Kind == ProblemKinds.StreamNotFound || problem.Kind == ProblemKinds.Unauthorized)
            {
                return new SocketClose(WebSocketCloseStatus.PolicyViolation, problem.Kind.Title, problem);
            }

            await SendAsync(SocketMessages.Problem(http, problem, frame.Index, skipped), WebSocketMessageType.Text, cancellation);
            return null;
        }
    }

    private async Task EndAsync(SocketClose close)
    {
        if (close.Problem is not null && socket.State == WebSocketState.Open)
        {
            await SendAsync(SocketMessages.Problem(http, close.Problem, index: null, []), WebSocketMessageType.Text, http.RequestAborted);
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
            // The peer did not complete the close handshake; drop the connection.
        }
    }

    /// <summary>Sends a message, a large one in fragments: of each send the socket makes a copy, and so does the web server.</summary>
    private async Task SendAsync(ReadOnlyMemory<byte> message, WebSocketMessageType type, CancellationToken cancellation)
    {
        for (; message.Length > SentAnswer.PieceBytes; message = message[SentAnswer.PieceBytes..])
        {
            await socket.SendAsync(message[..SentAnswer.PieceBytes], type, endOfMessage: false, cancellation);
            http.RequestServices.GetRequiredService<OpenConnections>().NoteSent();
        }

        await socket.SendAsync(message, type, endOfMessage: true, cancellation);
    }

    private void Skip(SocketFrame frame)
    {
        frame.Share.Dispose();
        _ahead.Remove(frame.Bytes.Length);
        Interlocked.Decrement(ref _unanswered);
        lock (_skipped)
        {
            if (_skipped.Count == MostSkipped)
            {
                _skipped.Dequeue();
            }

            _skipped.Enqueue(frame.Index);
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
