namespace Deq.Export.Tasks.Flow;

/// <summary>The sizes of a flow estimator.</summary>
public sealed record FlowSizes
{
    /// <summary>Pixels per cell of the state, along each axis.</summary>
    public const int Stride = 4;

    /// <summary>Cells that the cell's wide branch takes together, along each axis.</summary>
    public const int Wide = 4;

    /// <summary>Height and width of frames are multiples of this, in pixels.</summary>
    public const int Multiple = Stride * Wide;

    /// <summary>Channels of h, the part of the state beside the flow, at least 1. Default 32.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Channels inside one evaluation of the cell, at least 1. Default 48.</summary>
    public int Inner { get; init; } = 48;

    /// <summary>Channels of the features that are compared, at least 1. Default 32.</summary>
    public int Features { get; init; } = 32;

    /// <summary>Channels of the context at half and at quarter resolution, two numbers. Default 24, 40.</summary>
    public IReadOnlyList<int> Trunk { get; init; } = [24, 40];

    /// <summary>Cells of 8 pixels that features are compared over, to each side of where the guess leads, at least 1. Default 3.</summary>
    public int Window { get; init; } = 3;

    /// <summary>What training learns in place of the cell's convolutions: none, weight-norm or spectral-norm. Default weight-norm.</summary>
    public string Reparametrization { get; init; } = "weight-norm";

    /// <summary>Channels of the whole state: h, then the flow in cells.</summary>
    public int State => Hidden + 2;

    /// <summary>Channels of x: what the cell adds inside and to h, then the guess in cells.</summary>
    public int Injection => Inner + Hidden + 2;
}
