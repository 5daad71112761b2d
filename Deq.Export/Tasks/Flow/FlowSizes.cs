namespace Deq.Export.Tasks.Flow;

/// <summary>The sizes of a flow estimator.</summary>
internal sealed record FlowSizes
{
    /// <summary>Pixels per cell of the state, along each axis.</summary>
    public const int Stride = 4;

    /// <summary>Cells that the context's wide branch takes together, along each axis.</summary>
    public const int Wide = 4;

    /// <summary>Height and width of frames are multiples of this, in pixels.</summary>
    public const int Multiple = Stride * Wide;

    /// <summary>Channels of the state: the flow in cells, to the right and down.</summary>
    public const int State = 2;

    /// <summary>Channels of the features that are compared, at least 1. Default 32.</summary>
    public int Features { get; init; } = 32;

    /// <summary>Channels of what is read of each cell's pixels, and of the context, two numbers. Default 44, 48.</summary>
    public IReadOnlyList<int> Trunk { get; init; } = [44, 48];

    /// <summary>Cells of 8 pixels that features are compared over, to each side of where the guess leads, at least 1. Default 3.</summary>
    public int Window { get; init; } = 3;
}
