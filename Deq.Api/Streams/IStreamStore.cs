using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>
/// Keeps open streams within the server's bounds: their number per caller and in all, the bytes of what they keep, the time they lie idle.
/// Losing what a stream keeps costs evaluations, never correctness. Thread-safe.
/// </summary>
internal interface IStreamStore
{
    /// <summary>Streams open.</summary>
    int Count { get; }

    /// <summary>Bytes of all that streams keep; never more than the bound.</summary>
    long Bytes { get; }

    /// <summary>Opens a stream. Where the server has as many as it may, the one that has lain idle longest is closed for it.</summary>
    /// <exception cref="ProblemException">The caller has as many as one may, or all streams are in use.</exception>
    VideoStream Open(string caller, StreamTerms terms);

    /// <summary>The caller's stream of that id; null where there is none, whoever else may have one.</summary>
    VideoStream? Find(string id, string caller);

    /// <summary>Waits for the stream's turn. Until what it gives is disposed, nothing of the stream is dropped; null when the stream is gone.</summary>
    /// <exception cref="OperationCanceledException">The caller went away first.</exception>
    Task<IDisposable?> EnterAsync(VideoStream stream, CancellationToken cancellation);

    /// <summary>
    /// Replaces what a stream keeps. Room is made by dropping what others keep, those first that have lain idle longest: states before frames. What
    /// finds no room even then is not kept. Called in the stream's turn.
    /// </summary>
    void Keep(VideoStream stream, FrameMemory memory);

    /// <summary>Closes a stream, at once or at the end of its turn.</summary>
    void Close(VideoStream stream);

    /// <summary>Closes what has lain idle for too long.</summary>
    void Expire();
}
