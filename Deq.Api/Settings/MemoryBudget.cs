namespace Deq.Api.Settings;

/// <summary>
/// How the memory that the process may use is shared out where the operator does not say: an eighth each to bodies in flight and to what streams keep, a quarter
/// to images that are being decoded, three eighths to the lanes of solves. The rest is for models and the runtime. Connections that have each sent half a request take
/// another eighth at most.
/// </summary>
/// <param name="available">Bytes that the process may use: a container's limit, or the machine's memory.</param>
internal sealed class MemoryBudget(long available)
{
    /// <summary>
    /// Bytes per pixel while an image is decoded, at most: eight of an interlaced PNG of 16 bits, and four of the result. The planes that a picture becomes are
    /// counted as held by its request before they are made.
    /// </summary>
    private const int PixelBytes = 12;

    /// <summary>By what the runtime found, which knows of a container's limit.</summary>
    public static MemoryBudget OfThisProcess() => new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>Bytes of bodies in flight, where more than <paramref name="most"/> are never needed and less than <paramref name="least"/> are of no use.</summary>
    public long Held(long least, long most) => Math.Clamp(available / 8, least, most);

    /// <summary>Connections that may be open.</summary>
    /// <param name="bytes">Of one that has sent half a request.</param>
    public long Connections(int bytes) => available / 8 / bytes;

    /// <summary>Bytes that lanes may take.</summary>
    public long Lanes => available / 8 * 3;

    /// <summary>Bytes that streams may keep.</summary>
    public long Streams(long most) => Math.Min(available / 8, most);

    /// <summary>Pixels that an image may have so that all that are decoded at one time have room.</summary>
    /// <param name="decoders">Threads that decode large images.</param>
    /// <param name="most">Never more.</param>
    public int Pixels(int decoders, int most) => (int)Math.Clamp(available / 4 / PixelBytes / decoders, 1, most);
}
