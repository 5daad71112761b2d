using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Api.Tasks.Flow;

/// <summary>Why a solve did not start from the last frame's state.</summary>
internal static class ColdReasons
{
    /// <summary>There was no frame before.</summary>
    public const string First = "first";

    /// <summary>Frames between the last one and this one are missing.</summary>
    public const string Gap = "gap";

    /// <summary>The frame has another size than the last one.</summary>
    public const string Size = "size";

    /// <summary>A new scene begins.</summary>
    public const string Cut = StreamedPair.Cut;

    /// <summary>The guess that starts from the last flow loses too many patches: the camera jumped, or frames are missing.</summary>
    public const string Motion = StreamedPair.Motion;

    /// <summary>What was kept of the last frame was dropped to stay within the server's bounds, or its solve failed.</summary>
    public const string Lost = "lost";

    /// <summary>The cold start has the smaller residual.</summary>
    public const string Residual = StreamedPair.Residual;

    /// <summary>The stream was opened to be solved cold.</summary>
    public const string Asked = "asked";

    /// <summary>By its own measurements the model ends elsewhere from warm than from cold, further than half a pixel.</summary>
    public const string Model = "model";

    /// <summary>All of them, in the order of documents.</summary>
    public static IReadOnlyList<string> All { get; } = [First, Gap, Size, Cut, Motion, Lost, Residual, Asked, Model];
}
