using System.Numerics;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>What a layer shows: colours and cover on a plane somewhat larger than the frame; beyond its edges it is mirrored, without cover.</summary>
/// <param name="width">Pixels of the frame.</param>
/// <param name="height">Pixels of the frame.</param>
internal sealed class LayerTexture(int width, int height)
{
    /// <summary>Pixels on each side beyond the frame.</summary>
    public const int Margin = 24;

    /// <summary>Pixels, margins included.</summary>
    public int Width { get; } = width + (2 * Margin);

    /// <summary>Pixels, margins included.</summary>
    public int Height { get; } = height + (2 * Margin);

    /// <summary><c>[Height, Width]</c>: red, green, blue, 0 to 1, and cover: 1 hides what lies below.</summary>
    public Vector4[] Texels { get; } = new Vector4[(width + (2 * Margin)) * (height + (2 * Margin))];

    /// <summary>The texel at a place of the plane, interpolated between the four nearest.</summary>
    /// <param name="q">In pixels of the frame at time 0.</param>
    public Vector4 this[Vector2 q]
    {
        get
        {
            float x = Folded(q.X + Margin, Width - 1, out bool isBesides);
            float y = Folded(q.Y + Margin, Height - 1, out bool isBeyond);
            (int column, int row) = (Math.Min((int)x, Width - 2), Math.Min((int)y, Height - 2));
            int at = (row * Width) + column;
            var above = Vector4.Lerp(Texels[at], Texels[at + 1], x - column);
            var below = Vector4.Lerp(Texels[at + Width], Texels[at + Width + 1], x - column);
            var texel = Vector4.Lerp(above, below, y - row);
            return isBesides || isBeyond ? texel with { W = 0 } : texel;
        }
    }

    private static float Folded(float place, int last, out bool isOutside)
    {
        isOutside = place < 0 || place > last;
        if (!isOutside)
        {
            return place;
        }

        float folded = MathF.Abs(place) % (2 * last);
        return folded > last ? (2 * last) - folded : folded;
    }
}
