using Deq.Api.Settings;
using Deq.Runtime.Imaging;

namespace Deq.Api.Requests;

/// <summary>What one request may bring and take; see <see cref="ServerSettings"/> for the keys and ranges.</summary>
internal sealed record RequestLimits
{
    /// <summary>Bytes of a body.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Bytes of the bodies that are held at one time, by all requests together.</summary>
    public required long HeldBytes { get; init; }

    /// <summary>Images of a request.</summary>
    public required int Images { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageWidth { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageHeight { get; init; }

    /// <summary>Width times height, pixels.</summary>
    public required int ImagePixels { get; init; }

    /// <summary>Milliseconds to decode one image.</summary>
    public required int DecodeMs { get; init; }

    /// <summary>Milliseconds that a request may take, and what it gets when it asks for nothing.</summary>
    public required int DeadlineMs { get; init; }

    /// <summary>Requests of one client that are under way at one time.</summary>
    public required int ClientRequests { get; init; }

    /// <summary>The header that names the client; null: the remote address does.</summary>
    public required string? ClientHeader { get; init; }

    /// <summary>Those that the decoder keeps.</summary>
    public ImageLimits OfImages() => new()
    {
        MaxBytes = BodyBytes,
        MaxWidth = ImageWidth,
        MaxHeight = ImageHeight,
        MaxPixels = ImagePixels,
        MaxDecodeTime = TimeSpan.FromMilliseconds(DecodeMs),
    };
}
