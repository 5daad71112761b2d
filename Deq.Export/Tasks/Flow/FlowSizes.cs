using Deq.Export.Tasks.Classification;

namespace Deq.Export.Tasks.Flow;

/// <summary>The sizes of a flow estimator.</summary>
public sealed record FlowSizes
{
    /// <summary>Channels of h, the part of the state beside the flow, at least 1. Default 48.</summary>
    public int Hidden { get; init; } = 48;

    /// <summary>Channels of the features that are compared, at least 1. Default 64.</summary>
    public int Features { get; init; } = 64;

    /// <summary>Channels of the encoders at half and at quarter resolution, two numbers. Default 32, 48.</summary>
    public IReadOnlyList<int> Trunk { get; init; } = [32, 48];

    /// <summary>Channels of the motion features, flow included, at least 3. Default 48.</summary>
    public int Motion { get; init; } = 48;

    /// <summary>Resolutions of the cost volume, each half the one before, 1 to 4. Default 3.</summary>
    public int Levels { get; init; } = 3;

    /// <summary>
    /// Cells of the cost volume's windows to each side, above <see cref="Lookup"/>; a cell is 4 pixels at the first level and twice as many at each
    /// next. Default 8, which reaches 32, 64 and 128 pixels.
    /// </summary>
    public int Window { get; init; } = 8;

    /// <summary>Cells of the look-up to each side, at least 1. Default 3.</summary>
    public int Lookup { get; init; } = 3;

    /// <summary>What training learns in place of the cell's convolutions: none, weight-norm or spectral-norm. Default weight-norm.</summary>
    public string Reparametrization { get; init; } = "weight-norm";

    /// <summary>Pixels per cell of the state, along each axis, of frames that are not enlarged.</summary>
    public const int Stride = 4;

    /// <summary>Height and width of the state are multiples of this, in cells.</summary>
    /// <param name="size">Of a cell.</param>
    public int Cells(CellSize size) => size.CellsOf(1 << (Levels - 1));

    /// <summary>Height and width of frames are multiples of this, in pixels.</summary>
    /// <param name="size">Of a cell.</param>
    public int Multiple(CellSize size) => Cells(size) * Stride * size.Divisor / size.Factor;

    /// <summary>K, numbers along each axis of a cost volume's windows: the cells and a rim of zeros.</summary>
    public int Extent => (2 * Window) + 3;

    /// <summary>Channels of the whole state: h, then the flow in cells.</summary>
    public int State => Hidden + 2;
}
