using System.Buffers;
using System.IO.Pipelines;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Streams;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>The body of a call: its messages are counted to the client's share as they arrive, and each must come in time.</summary>
/// <remarks>
/// The framework buffers a message whole before a method sees it, and bounds its length alone. It examines what has come of a message and consumes it once
/// it is whole, so what is consumed is a message and what is not is one that still arrives.
/// </remarks>
/// <param name="http">The call, of which nothing has been read.</param>
/// <param name="isStream">Whether messages follow one another; they may then be apart as far as frames of a socket.</param>
/// <param name="bodies">Accounts for the memory.</param>
/// <param name="limits">Bound the length of a message.</param>
/// <param name="streams">Bounds the time between two messages.</param>
/// <param name="clock">Measures time.</param>
/// <param name="stopping">When the server stops.</param>
internal sealed class ArrivingMessages(
    HttpContext http, bool isStream, HeldBodies bodies, RequestLimits limits, StreamLimits streams, TimeProvider clock, CancellationToken stopping)
    : PipeReader, IRequestBodyPipeFeature, IDisposable
{
    private const string EncodingHeader = "grpc-encoding";

    private readonly PipeReader _body = http.Request.BodyReader;
    private readonly string _client = ClientLimit.ClientOf(http);
    private readonly MessageHead _head = new(limits.BodyBytes, IsEncoded(http.Request.Headers));
    private HeldBodies.Share? _share;
    private BodyDeadline? _deadline;
    private ReadOnlySequence<byte> _come;
    private bool _isWhole;

    /// <summary>Bytes of the message that arrives that the share accounts for.</summary>
    private long _held;

    public PipeReader Reader => this;

    /// <summary>What the last message holds, until the next is read or the call ends.</summary>
    public HeldBodies.Share Share => _share ??= bodies.OpenInDebt("", _client);

    /// <summary>How the last message is compressed; empty where it is not.</summary>
    public string Encoding => _head.IsCompressed ? http.Request.Headers[EncodingHeader].ToString() : "";

    /// <summary>Bytes of the last message, decompressed, once it has been parsed.</summary>
    public long PlainBytes { get; set; }

    /// <summary>The clock's timestamp at which the call came, or the first bytes of the last message of a stream.</summary>
    public long Begun { get; private set; } = clock.GetTimestamp();

    /// <summary>The messages of a call.</summary>
    public static ArrivingMessages Of(HttpContext http) => (ArrivingMessages)http.Features.GetRequiredFeature<IRequestBodyPipeFeature>();

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            if (isStream && _isWhole)
            {
                // The next message is read once the last has been answered.
                Forget();
            }

            bool isNext = isStream && _held == 0;
            ReadResult result = await (isNext ? FirstAsync(cancellationToken) : RestAsync(cancellationToken));
            Begun = isNext ? clock.GetTimestamp() : Begun;
            Take(result);
            if (result.IsCompleted)
            {
                EndTime();
            }

            return result;
        }
        catch (ProblemException problem)
        {
            throw RpcProblems.StatusOf(problem, http);
        }
        catch (Exception end) when (IsEnd(end))
        {
            throw Left();
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        bool hasRead = _body.TryRead(out result);
        if (hasRead)
        {
            Take(result);
        }

        return hasRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long whole = _come.Slice(_come.Start, consumed).Length;
        try
        {
            _body.AdvanceTo(consumed, examined);
        }
        catch (Exception end) when (IsEnd(end))
        {
            throw Left();
        }

        if (whole > 0)
        {
            // What has come of the next message is counted with it.
            Share.Remove(_held - whole);
            (_isWhole, _held) = (true, 0);
            if (isStream)
            {
                EndTime();
            }
        }
    }

    public override void CancelPendingRead() => _body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _body.Complete(exception);

    public void Dispose()
    {
        Forget();
        EndTime();
    }

    /// <summary>Waits for a message to begin.</summary>
    private async ValueTask<ReadResult> FirstAsync(CancellationToken cancellation)
    {
        if (!stopping.IsCancellationRequested && !cancellation.IsCancellationRequested && _body.TryRead(out ReadResult come))
        {
            return come;
        }

        using var idle = new CancellationTokenSource(streams.Idle, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, stopping, cancellation);
        try
        {
            return await _body.ReadAsync(end.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw new ProblemException(ProblemKinds.Stopping, "The server takes no more requests.").WithRetryAfter(ProblemException.DefaultRetryAfter);
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested)
        {
            throw new ProblemException(ProblemKinds.BodyTooSlow, $"No message for {streams.Idle.TotalSeconds:0.#} s.").WithLimit((long)streams.Idle.TotalMilliseconds);
        }
    }

    /// <summary>Waits for more of a message, until the time is over in which all of it must have come.</summary>
    private async ValueTask<ReadResult> RestAsync(CancellationToken cancellation)
    {
        // What is there already, as whole messages mostly are, needs no clock.
        if (!cancellation.IsCancellationRequested && _body.TryRead(out ReadResult come))
        {
            return come;
        }

        _deadline ??= BodyDeadline.Begin(http);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, cancellation);
        try
        {
            return await _body.ReadAsync(end.Token);
        }
        catch (OperationCanceledException) when (_deadline.HasPassed)
        {
            throw _deadline.Late();
        }
    }

    /// <summary>Counts what has come; where there is no room for it, or it cannot be the messages of the method, it is given back.</summary>
    private void Take(in ReadResult result)
    {
        _come = result.Buffer;
        try
        {
            Share.Add(_come.Length - _held);
            _held = _come.Length;
            Require(result.IsCompleted);
        }
        catch (ProblemException)
        {
            _body.AdvanceTo(_come.End);
            throw;
        }
    }

    private void Require(bool isAll)
    {
        long whole = _head.Require(_come, isAll);
        if (!isStream && !_come.IsEmpty && (_isWhole || _come.Length > whole))
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "The method takes one message, and more has come.");
        }

        if (!isStream && !_isWhole && _come.IsEmpty && isAll)
        {
            throw new ProblemException(ProblemKinds.MalformedRequest, "The method takes one message, and none has come.");
        }
    }

    private static bool IsEnd(Exception fault) => fault is ConnectionAbortedException or (IOException and not BadHttpRequestException);

    /// <summary>The status of a call whose connection ended: the framework would log how it did as a fault, with its stack.</summary>
    private RpcException Left()
    {
        http.NoteClientGone();
        return RpcProblems.Left();
    }

    private static bool IsEncoded(IHeaderDictionary headers) => headers[EncodingHeader] is { Count: > 0 } encoding && encoding != "identity";

    private void Forget()
    {
        _share?.Dispose();
        (_share, _isWhole, _held) = (null, false, 0);
    }

    private void EndTime()
    {
        _deadline?.Dispose();
        _deadline = null;
    }
}
