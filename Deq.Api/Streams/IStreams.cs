using System.Globalization;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Streams;

/// <summary>
/// The open streams of a server. Only messages go in and come out, so that streams may live in this process or elsewhere. What a stream keeps
/// between frames may be lost at any time: that costs evaluations, never correctness. Thread-safe.
/// </summary>
internal interface IStreams
{
    /// <summary>Opens a stream.</summary>
    /// <exception cref="ProblemException">The client has as many as one may, or all streams are in use.</exception>
    Task<StreamDescription> OpenAsync(string client, StreamTerms terms);

    /// <summary>The client's stream of that id; null where it has none.</summary>
    Task<StreamDescription?> FindAsync(string id, string client);

    /// <summary>
    /// The client's stream of that id, of which a frame has begun to come; null where it has none, or only one that has lain idle for too long. Until the use is disposed the
    /// stream is not closed for lying idle, nor for another.
    /// </summary>
    /// <exception cref="ProblemException">The stream has lain idle for too long and is kept for a frame that is on its way.</exception>
    Task<(StreamDescription Stream, IDisposable Use)?> ExpectAsync(string id, string client);

    /// <summary>The index after that of the stream's last frame, once the frames under way have been answered.</summary>
    /// <exception cref="ProblemException">The client has no such stream.</exception>
    Task<long> NextIndexAsync(string id, string client, CancellationToken cancellation);

    /// <summary>Answers a frame. Frames of one stream are answered one after the other.</summary>
    /// <exception cref="ProblemException">The stream is gone, the index is another frame's, the frame has a fault, or the engine has no room.</exception>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    Task<FrameReply> AnswerAsync(FrameMessage frame, CancellationToken cancellation);

    /// <summary>Closes a stream, at once or once the frame under way has been answered. Whether the client had it.</summary>
    Task<bool> CloseAsync(string id, string client);
}

/// <summary>A frame on its way to its stream.</summary>
/// <param name="Stream">The stream's id.</param>
/// <param name="Client">Who sends it.</param>
/// <param name="Index">The frame's index, 0 to <see cref="MostIndex"/>; null: one more than the last.</param>
/// <param name="Bytes">The encoded image.</param>
internal sealed record FrameMessage(string Stream, string Client, long? Index, byte[] Bytes)
{
    /// <summary>The largest integer that JSON readers keep exactly.</summary>
    public const long MostIndex = (1L << 53) - 1;

    /// <summary>The clock's timestamp at which the frame began to come, from which its deadline counts. Default null: from its turn among those that were read ahead.</summary>
    public long? Begun { get; init; }
}

/// <summary>An answer to a frame as it is sent.</summary>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Headers">Names and values beside it.</param>
/// <param name="Body">The bytes.</param>
/// <param name="Json">The answer as JSON, whatever the body is.</param>
internal sealed record FrameReply(string ContentType, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, byte[] Json)
{
    /// <summary>Why the solves ended, each reason once, for the log; null where nothing was solved.</summary>
    public string? Stop { get; init; }

    /// <summary>Evaluations of the solves.</summary>
    public int Evaluations { get; init; }

    /// <summary>An answer that is sent as JSON.</summary>
    public static FrameReply OfJson<T>(T answer)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(answer, JsonSerializerOptions.Web);
        return new FrameReply(AcceptHeader.Json, [], json, json);
    }

    /// <summary>The headers that say of a frame with another body which one it is and where its solve started.</summary>
    public static IEnumerable<(string Name, string Value)> HeadersOf(long index, string start, string? coldReason)
    {
        yield return ("Deq-Frame-Index", index.ToString(CultureInfo.InvariantCulture));
        yield return ("Deq-Start", start);
        if (coldReason is not null)
        {
            yield return ("Deq-Cold-Reason", coldReason);
        }
    }
}
