namespace Deq.Runtime.Imaging;

/// <summary>Why an image or flow file is rejected.</summary>
public enum ImageFault
{
    /// <summary>Its first bytes are those of no known format.</summary>
    UnknownFormat,

    /// <summary>It passes a limit on bytes, width, height or pixels.</summary>
    TooLarge,

    /// <summary>It is truncated or damaged.</summary>
    Undecodable,

    /// <summary>It takes longer to decode than it may.</summary>
    TooSlow,
}
