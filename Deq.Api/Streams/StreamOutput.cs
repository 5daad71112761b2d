using Deq.Api.Errors;
using Deq.Runtime.Imaging;

namespace Deq.Api.Streams;

/// <summary>One form in which frames are answered.</summary>
/// <param name="ContentType">Its name, and the type of the body.</param>
/// <param name="Write">Writes a field; null where numbers about it are all that is answered.</param>
internal sealed record StreamOutput(string ContentType, Func<FlowField, byte[]>? Write)
{
    /// <summary>Numbers about the flow, and how it was found.</summary>
    public static StreamOutput Json { get; } = new(AcceptHeader.Json, null);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<StreamOutput> All { get; } =
    [
        Json,
        new("image/png", flow => FlowColours.Png(flow)),
        new("image/x-kitti-flow", KittiFlow.Write),
        new("application/x-middlebury-flo", MiddleburyFlow.Write),
        new("application/octet-stream", RawFlow.Write),
    ];

    /// <summary>The output of that name, or null.</summary>
    public static StreamOutput? Find(string name) => All.FirstOrDefault(output => output.ContentType == name);
}
