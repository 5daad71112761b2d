namespace Deq.Api.Streams;

/// <summary>A stream and what its store knows of its use. Belongs to the store's lock.</summary>
internal sealed class StreamPlace
{
    public StreamPlace(OpenStream stream)
    {
        Stream = stream;
        Idle = new(this);
        Starts = new(this);
        Frames = new(this);
    }

    public OpenStream Stream { get; }

    /// <summary>Its place among the idle streams; in no list while it is in use.</summary>
    public LinkedListNode<StreamPlace> Idle { get; }

    /// <summary>Its place among the idle streams that could drop a start.</summary>
    public LinkedListNode<StreamPlace> Starts { get; }

    /// <summary>Its place among the idle streams that could drop a frame.</summary>
    public LinkedListNode<StreamPlace> Frames { get; }

    /// <summary>Requests that have its turn or wait for it.</summary>
    public int Users { get; set; }

    /// <summary>Frames that have begun to come and are not here yet: until then it is not closed for lying idle, though its idle time runs on.</summary>
    public int Expected { get; set; }

    /// <summary>The clock's timestamp at which its last use ended.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether it is closed to new requests, and removed as soon as it is not in use.</summary>
    public bool IsClosing { get; set; }
}
