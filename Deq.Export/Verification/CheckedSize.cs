using System.Globalization;
using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Export.Verification;

/// <summary>At which height and width a bundle is measured, where that is free.</summary>
internal static class CheckedSize
{
    /// <summary>The shape of an input with these extents; the default one where the model has one size.</summary>
    /// <param name="manifest">Of a bundle that opens.</param>
    /// <param name="extents">Of the input with its batch; height and width last.</param>
    public static ShapeKey Of(ModelManifest manifest, IReadOnlyList<long> extents) =>
        SizesOf(manifest) is null || extents.Count < 2 ? default : new ShapeKey((int)extents[^2], (int)extents[^1]);

    /// <summary>Why the model takes no input with these extents, as a sentence; null where it does, or has one size.</summary>
    /// <param name="manifest">Of a bundle that opens.</param>
    /// <param name="extents">Of the input with its batch; height and width last.</param>
    public static string? Refusal(ModelManifest manifest, IReadOnlyList<long> extents)
    {
        if (SizesOf(manifest) is not { } sizes || extents.Count < 2)
        {
            return null;
        }

        (long height, long width) = (extents[^2], extents[^1]);
        return height is < 1 or > int.MaxValue || width is < 1 or > int.MaxValue || height % sizes.Multiple != 0 || width % sizes.Multiple != 0
            ? $"Height and width of what the model takes are multiples of {sizes.Multiple} pixels."
            : sizes.Refusal((int)height, (int)width);
    }

    /// <summary>A shape of a manifest in numbers, for one row.</summary>
    /// <param name="shape"><c>B</c>, then numbers or multiples of H and W.</param>
    /// <param name="manifest">Of the bundle.</param>
    /// <param name="size">Of the input; the default one where the model has one size.</param>
    public static long[] Numbers(IReadOnlyList<string> shape, ModelManifest manifest, ShapeKey size)
    {
        int multiple = SizesOf(manifest)?.Multiple ?? 1;
        return [1, .. shape.Skip(1).Select(Extent)];

        long Extent(string text) => text[^1] switch
        {
            'H' => Factor(text) * (size.Height / multiple),
            'W' => Factor(text) * (size.Width / multiple),
            _ => long.Parse(text, CultureInfo.InvariantCulture),
        };
    }

    private static long Factor(string text) => text.Length == 1 ? 1 : long.Parse(text[..^2], CultureInfo.InvariantCulture);

    private static FrameSizes? SizesOf(ModelManifest manifest) =>
        manifest.InputSection.TryGetProperty("sizes", out JsonElement sizes) && sizes.ValueKind == JsonValueKind.Object ? ModelManifest.Read<FrameSizes>(sizes, "input.sizes") : null;
}
