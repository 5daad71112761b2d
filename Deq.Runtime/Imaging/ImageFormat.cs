namespace Deq.Runtime.Imaging;

/// <summary>The encoded formats that are decoded, and no others.</summary>
public enum ImageFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless.</summary>
    Webp,
}
