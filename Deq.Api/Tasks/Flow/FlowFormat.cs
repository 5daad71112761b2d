using Deq.Api.Requests;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>One type in which a flow can be answered.</summary>
/// <param name="Type">The media type.</param>
/// <param name="Description">What it holds, for documents.</param>
/// <param name="Write">Encodes a flow, at the scale of a colour picture; null: the answer is JSON and holds numbers about the flow alone.</param>
internal sealed record FlowFormat(string Type, string Description, Func<FlowField, double, byte[]>? Write)
{
    public static FlowFormat Json { get; } = new(AcceptHeader.Json, "Statistics of the flow, and how it was found.", null);

    public static FlowFormat Colours { get; } = new(
        "image/png", "The flow in the colours of Middlebury's wheel; `Deq-Scale` says how many pixels full saturation is.", (flow, scale) => FlowColours.Png(flow, scale));

    public static FlowFormat Kitti { get; } = new(
        "image/x-kitti-flow", "KITTI's 16-bit PNG: 64·u + 2¹⁵, 64·v + 2¹⁵, known.", (flow, _) => KittiFlow.Write(flow));

    public static FlowFormat Middlebury { get; } = new(
        "application/x-middlebury-flo", "Middlebury's .flo: `PIEH`, width, height, then u, v per pixel, little-endian.", (flow, _) => MiddleburyFlow.Write(flow));

    public static FlowFormat Raw { get; } = new(
        "application/octet-stream", "[height, width, 2] single-precision numbers, little-endian: u, v per pixel.", (flow, _) => RawFlow.Write(flow));

    /// <summary>All of them; where a caller wants several alike, the first of these.</summary>
    public static IReadOnlyList<FlowFormat> All { get; } = [Json, Colours, Kitti, Middlebury, Raw];

    /// <summary>The format that a request wants most: by quality, and by which is named most closely where that is equal.</summary>
    /// <param name="request">Its Accept header allows one of them.</param>
    public static FlowFormat Of(HttpRequest request) => All
        .Select(format => (Format: format, Wanted: AcceptHeader.Of(request, format.Type)))
        .OrderByDescending(each => each.Wanted.Quality)
        .ThenByDescending(each => each.Wanted.Closeness)
        .First().Format;
}
