using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Runtime.Specs.Tasks.Flow;

/// <summary>Small fields, and the formats that keep them.</summary>
internal static class FlowFields
{
    public static readonly string[] Formats = ["flo", "kitti", "raw"];

    /// <summary>Multiples of 1/64 pixel, which every format keeps exactly; every seventh pixel unknown.</summary>
    public static FlowField Pattern(int width = 7, int height = 5, int seed = 1)
    {
        var random = new Random(seed);
        int pixels = width * height;
        float[] u = [.. Enumerable.Range(0, pixels).Select(_ => random.Next(-32768, 32768) / 64f)];
        float[] v = [.. Enumerable.Range(0, pixels).Select(_ => random.Next(-32768, 32768) / 64f)];
        return new FlowField(width, height, u, v, [.. Enumerable.Range(0, pixels).Select(pixel => pixel % 7 != 3)]);
    }

    public static byte[] Write(string format, FlowField flow) => format switch
    {
        "flo" => MiddleburyFlow.Write(flow),
        "kitti" => KittiFlow.Write(flow),
        _ => RawFlow.Write(flow),
    };

    public static FlowField Read(string format, byte[] bytes, FlowField like, ImageLimits limits) => format switch
    {
        "flo" => MiddleburyFlow.Read(bytes, limits),
        "kitti" => KittiFlow.Read(bytes, limits),
        _ => RawFlow.Read(bytes, like.Width, like.Height, limits),
    };
}
