namespace Deq.Runtime.Imaging;

/// <summary>What an encoded image says of itself before it is decoded.</summary>
/// <param name="Format">Its format, by its first bytes.</param>
/// <param name="Width">Pixels, as displayed: turned by its EXIF orientation.</param>
/// <param name="Height">Pixels, as displayed.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height);
