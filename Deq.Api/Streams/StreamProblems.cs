using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>What goes wrong with streams.</summary>
internal static class StreamProblems
{
    /// <summary>The same whether there never was such a stream, it is closed, or it is another client's.</summary>
    public static ProblemException NotFound() => new(ProblemKinds.StreamNotFound, "You have no open stream of that id. A stream that lies idle is closed.");

    /// <summary>The stream is open, and stays so for the frame that is on its way alone.</summary>
    /// <param name="idle">For how long a stream may lie idle.</param>
    public static ProblemException Awaited(TimeSpan idle) => new ProblemException(
        ProblemKinds.Overloaded, $"Another frame of the stream is still on its way, and the stream has lain idle for {idle.TotalSeconds:0.###} s: it takes no further one before that has come.")
        .WithRetryAfter(ProblemException.DefaultRetryAfter);

    public static ProblemException Conflict(long index, long last) =>
        new ProblemException(ProblemKinds.FrameConflict, index == last
            ? $"Frame {index} was another image."
            : $"The last frame was {last}; frame {index} comes too late.").With("last", last);

    /// <summary>The stream stays open, for the last frame to be asked for again.</summary>
    public static ProblemException Full(long last) =>
        new ProblemException(ProblemKinds.FrameConflict, $"The last frame was {last}; indices end at {FrameMessage.MostIndex}. Open another stream.").With("last", last);
}
