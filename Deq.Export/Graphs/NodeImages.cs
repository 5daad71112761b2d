using Deq.Export.Graphs.Ops;

namespace Deq.Export.Graphs;

/// <summary>Nodes of images and feature maps <c>[B, C, H, W]</c>.</summary>
internal static class NodeImages
{
    /// <summary>Two-dimensional convolution.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="weight"><c>[K, C/groups, h, w]</c>.</param>
    /// <param name="bias"><c>[K]</c>, or none.</param>
    /// <param name="stride">Of both axes, at least 1. Default 1.</param>
    /// <param name="padding">Zeros around both axes. Default 1, which keeps the size of an image under a 3 × 3 window.</param>
    /// <param name="groups">Divides C and K. Default 1.</param>
    public static Node Conv(this Node x, Node weight, Node? bias = null, int stride = 1, int padding = 1, int groups = 1) =>
        new Apply(new Conv(stride, padding, groups), bias is null ? [x, weight] : [x, weight, bias]);

    /// <summary>Group normalisation.</summary>
    /// <param name="x"><c>[B, C, …]</c>.</param>
    /// <param name="groups">Divides C.</param>
    /// <param name="scale"><c>[C]</c>.</param>
    /// <param name="shift"><c>[C]</c>.</param>
    /// <param name="epsilon">Added to the variance, above 0. Default 1e-5.</param>
    public static Node GroupNorm(this Node x, int groups, Node scale, Node shift, float epsilon = 1e-5f) =>
        new Apply(new GroupNorm(groups, epsilon), [x, scale, shift]);

    /// <summary>Every pixel repeated factor × factor times.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="factor">At least 1.</param>
    public static Node ResizeNearest(this Node x, int factor) => new Apply(new ResizeNearest(factor), [x]);

    /// <summary>The mean of every window; padding counts as zeros.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="kernel">Height and width of the window, at least 1.</param>
    /// <param name="stride">Of both axes, at least 1.</param>
    /// <param name="padding">Zeros around both axes, at most half the kernel. Default 0.</param>
    public static Node AveragePool(this Node x, int kernel, int stride, int padding = 0) =>
        new Apply(new AveragePool(kernel, stride, padding), [x]);

    /// <summary>The mean of every channel, <c>[B, C, 1, 1]</c>.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    public static Node GlobalAveragePool(this Node x) => new Apply(new GlobalAveragePool(), [x]);

    /// <summary>Instance normalisation: group normalisation with one group per channel.</summary>
    /// <param name="x"><c>[B, C, …]</c>.</param>
    /// <param name="scale"><c>[C]</c>.</param>
    /// <param name="shift"><c>[C]</c>.</param>
    /// <param name="epsilon">Added to the variance, above 0. Default 1e-5.</param>
    public static Node InstanceNorm(this Node x, Node scale, Node shift, float epsilon = 1e-5f) =>
        x.GroupNorm(Math.Max(1, scale.Shape.Count ?? 1), scale, shift, epsilon);

    /// <summary>Bilinear interpolation between pixel centres, edge pixels continuing outwards.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="factor">How many times as high and wide, at least 1.</param>
    /// <param name="divisor">By which that is divided, at least 1; divides factor·H and factor·W. Default 1.</param>
    public static Node ResizeBilinear(this Node x, int factor, int divisor = 1) =>
        factor == divisor ? x : new Apply(new ResizeBilinear(factor, divisor), [x]);

    /// <summary>x read bilinearly at the points of a grid, zero outside the image: <c>[B, C, h, w]</c>.</summary>
    /// <param name="x"><c>[B, C, H, W]</c>.</param>
    /// <param name="grid"><c>[B, h, w, 2]</c>, (horizontal, vertical) in [−1, 1].</param>
    /// <param name="alignCorners">Whether ±1 are the centres of the corner pixels; otherwise, the default, their outer edges.</param>
    public static Node GridSample(this Node x, Node grid, bool alignCorners = false) => new Apply(new GridSample(alignCorners), [x, grid]);

    /// <summary>Channels to pixels: <c>[B, factor²·C, H, W]</c> to <c>[B, C, factor·H, factor·W]</c>, blocks before channels.</summary>
    /// <param name="x"><c>[B, factor²·C, H, W]</c>.</param>
    /// <param name="factor">At least 1.</param>
    public static Node DepthToSpace(this Node x, int factor) => factor == 1 ? x : new Apply(new DepthToSpace(factor), [x]);

    /// <summary>Pixels to channels, the inverse of <see cref="DepthToSpace"/>.</summary>
    /// <param name="x"><c>[B, C, factor·H, factor·W]</c>.</param>
    /// <param name="factor">At least 1.</param>
    public static Node SpaceToDepth(this Node x, int factor) => factor == 1 ? x : new Apply(new SpaceToDepth(factor), [x]);

    /// <summary>A windowed cost volume <c>[B, s·H, s·W, K, K]</c>, K = 2·radius + 1: inner products with the cells around each one's own.</summary>
    /// <param name="a"><c>[B, C, s·H, s·W]</c>.</param>
    /// <param name="b"><c>[B, C, H, W]</c>.</param>
    /// <param name="radius">Cells to each side, at least 1.</param>
    public static Node WindowCorrelation(this Node a, Node b, int radius) => new Apply(new WindowCorrelation(radius), [a, b]);
}
