namespace Deq.Runtime.Imaging;

/// <summary>An image or flow file cannot be used. The message names the fault and, where there is one, the limit.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">Why, for the one who sent it.</param>
public sealed class ImageRejectedException(ImageFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public ImageFault Fault { get; } = fault;
}
