using System.Numerics;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Draws layers over each other at every time of a clip, with the exact flow and what becomes hidden.</summary>
/// <remarks>
/// A pixel belongs to the highest layer that covers more than half of it. Its flow is where that layer goes; it is occluded when a higher
/// layer covers more than half of the place it goes to, or that place is outside the frame. Edges blend.
/// </remarks>
/// <param name="width">Pixels.</param>
/// <param name="height">Pixels.</param>
internal sealed class SceneRenderer(int width, int height)
{
    private readonly Vector4[] _colours = new Vector4[width * height];
    private readonly Vector2[] _motion = new Vector2[width * height];
    private readonly int[] _owners = new int[width * height];

    /// <summary>Draws a clip.</summary>
    /// <param name="layers">From the lowest, at least one.</param>
    /// <param name="clip">Receives frames, flows and occlusion; of the renderer's size.</param>
    public void Draw(IReadOnlyList<SceneLayer> layers, MotionClip clip)
    {
        var now = new Placement[layers.Count];
        var next = new Placement[layers.Count];
        for (int frame = 0; frame < clip.Count; frame++)
        {
            for (int i = 0; i < layers.Count; i++)
            {
                (now[i], next[i]) = (layers[i].Motion.At(frame), layers[i].Motion.At(frame + 1));
                Cover(layers[i], i, now[i], next[i]);
            }

            StoreColours(clip.Frame(frame));
            if (frame + 1 < clip.Count)
            {
                StoreFlow(layers, next, clip.Flow(frame), clip.Hidden(frame));
            }
        }
    }

    private void Cover(SceneLayer layer, int number, in Placement now, in Placement next)
    {
        (int left, int top, int right, int bottom) = number == 0 ? (0, 0, width, height) : Bounds(layer, now);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                var p = new Vector2(x, y);
                Vector2 q = now.Origin(p);
                Vector4 texel = layer.Texture[q];
                float cover = number == 0 ? 1 : texel.W;
                int pixel = (y * width) + x;
                if (cover > 0)
                {
                    _colours[pixel] = Vector4.Lerp(_colours[pixel], texel, cover);
                }

                if (cover > 0.5f)
                {
                    (_owners[pixel], _motion[pixel]) = (number, next.Place(q) - p);
                }
            }
        }
    }

    private (int Left, int Top, int Right, int Bottom) Bounds(SceneLayer layer, in Placement now)
    {
        (Vector2 middle, float radius) = Disc(layer, now);
        return (
            Math.Clamp((int)MathF.Floor(middle.X - radius), 0, width),
            Math.Clamp((int)MathF.Floor(middle.Y - radius), 0, height),
            Math.Clamp((int)MathF.Ceiling(middle.X + radius) + 1, 0, width),
            Math.Clamp((int)MathF.Ceiling(middle.Y + radius) + 1, 0, height));
    }

    /// <summary>A disc outside which the layer covers nothing.</summary>
    private static (Vector2 Middle, float Radius) Disc(SceneLayer layer, in Placement placement)
    {
        (float stretch, float bend) = placement.Reach;
        return (placement.Place(layer.Middle), (layer.Radius * stretch) + (2 * bend));
    }

    private void StoreColours(Span<float> frame)
    {
        int plane = width * height;
        for (int pixel = 0; pixel < plane; pixel++)
        {
            Vector4 colour = _colours[pixel];
            (frame[pixel], frame[plane + pixel], frame[(2 * plane) + pixel]) = (colour.X, colour.Y, colour.Z);
        }
    }

    private void StoreFlow(IReadOnlyList<SceneLayer> layers, Placement[] next, Span<float> flow, Span<bool> hidden)
    {
        int plane = width * height;
        for (int pixel = 0; pixel < plane; pixel++)
        {
            Vector2 motion = _motion[pixel];
            (flow[pixel], flow[plane + pixel]) = (motion.X, motion.Y);
            Vector2 target = new Vector2(pixel % width, pixel / width) + motion;
            hidden[pixel] = target.X < 0 || target.Y < 0 || target.X > width - 1 || target.Y > height - 1;
            for (int above = _owners[pixel] + 1; above < layers.Count && !hidden[pixel]; above++)
            {
                (Vector2 middle, float radius) = Disc(layers[above], next[above]);
                hidden[pixel] = Vector2.DistanceSquared(middle, target) <= radius * radius
                    && layers[above].Texture[next[above].Origin(target)].W > 0.5f;
            }
        }
    }
}
