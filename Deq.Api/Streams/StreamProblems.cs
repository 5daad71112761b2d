using Deq.Api.Problems;

namespace Deq.Api.Streams;

/// <summary>What goes wrong with streams.</summary>
internal static class StreamProblems
{
    /// <summary>The same whether there never was such a stream, it is closed, or it is another client's.</summary>
    public static ProblemException NotFound() => new(ProblemKinds.StreamNotFound, "You have no open stream of that id. A stream that lies idle is closed.");

    public static ProblemException Conflict(long index, long last) =>
        new ProblemException(ProblemKinds.FrameConflict, index == last
            ? $"Frame {index} was another image."
            : $"The last frame was {last}; frame {index} comes too late.").With("last", last);

    /// <summary>The stream stays open, for the last frame to be asked for again.</summary>
    public static ProblemException Full(long last) =>
        new ProblemException(ProblemKinds.FrameConflict, $"The last frame was {last}; indices end at {FrameMessage.MostIndex}. Open another stream.").With("last", last);
}
