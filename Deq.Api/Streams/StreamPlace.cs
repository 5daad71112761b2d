namespace Deq.Api.Streams;

/// <summary>A stream and what its store knows of its use. Belongs to the store's lock.</summary>
internal sealed class StreamPlace
{
    public StreamPlace(VideoStream stream)
    {
        Stream = stream;
        Node = new LinkedListNode<StreamPlace>(this);
    }

    public VideoStream Stream { get; }

    /// <summary>Its place among the idle; in no list while it is in use.</summary>
    public LinkedListNode<StreamPlace> Node { get; }

    /// <summary>Who has its turn or waits for it.</summary>
    public int Users { get; set; }

    /// <summary>The clock's timestamp at which its last use ended.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether it is gone as soon as nobody uses it; nobody finds it any more.</summary>
    public bool IsClosing { get; set; }
}
