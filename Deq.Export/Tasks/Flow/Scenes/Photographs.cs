using System.Numerics;
using Deq.Export.Datasets;
using Deq.Export.RandomNumbers;
using Deq.Runtime.Imaging;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Photographs that layers show, each at half of its resolution, where it is sharp. Shared by threads.</summary>
internal sealed class Photographs
{
    private readonly Photograph[] _all;

    private Photographs(Photograph[] all) => _all = all;

    /// <summary>Reads every picture of a directory.</summary>
    /// <exception cref="DatasetException">There is no such directory, it has none, or one is faulty or too small.</exception>
    public static Photographs Open(string directory) =>
        new([.. PictureFiles.In(directory).Select(file => Photograph.Halved(PictureFiles.DecodeAtLeast(file, PictureFiles.LeastSide)))]);

    /// <summary>Adds the colours of a part of one to a texture: at a random place, size, mirroring, brightness and contrast.</summary>
    internal void Show(LayerTexture texture, ref SplitMix64 random)
    {
        Photograph photograph = _all[random.NextBelow(_all.Length)];
        float step = 0.5f * MathF.Pow(3, Drawn.Share(ref random));
        float across = random.NextShare() < 0.5 ? step : -step;
        var start = new Vector2(photograph.Width * Drawn.Share(ref random), photograph.Height * Drawn.Share(ref random));
        float contrast = 0.6f + (0.6f * Drawn.Share(ref random));
        var brightness = new Vector4(new Vector3((0.5f * (1 - contrast)) + (0.2f * (Drawn.Share(ref random) - 0.5f))), 0);
        for (int row = 0; row < texture.Height; row++)
        {
            for (int column = 0; column < texture.Width; column++)
            {
                texture.Texels[(row * texture.Width) + column] += (contrast * photograph.At(start.X + (column * across), start.Y + (row * step))) + brightness;
            }
        }
    }

    private sealed record Photograph(int Width, int Height, uint[] Colours)
    {
        /// <summary>The colour at a place, interpolated; mirrored beyond the edges.</summary>
        public Vector4 At(float x, float y)
        {
            (x, y) = (Folded(x, Width - 1), Folded(y, Height - 1));
            (int left, int top) = (Math.Min((int)x, Width - 2), Math.Min((int)y, Height - 2));
            int at = (top * Width) + left;
            return Vector4.Lerp(
                Vector4.Lerp(Colour(at), Colour(at + 1), x - left), Vector4.Lerp(Colour(at + Width), Colour(at + Width + 1), x - left), y - top);
        }

        /// <summary>Each pixel the mean of two by two.</summary>
        /// <param name="image">At least 4 pixels along each side, so that two are left to interpolate between.</param>
        public static Photograph Halved(DecodedImage image)
        {
            (int width, int height) = (image.Width / 2, image.Height / 2);
            uint[] colours = new uint[width * height];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int from = 4 * ((2 * y * image.Width) + (2 * x));
                    uint packed = 0;
                    for (int channel = 2; channel >= 0; channel--)
                    {
                        int at = from + channel, below = at + (4 * image.Width);
                        packed = (packed << 8) | (uint)((image.Pixels[at] + image.Pixels[at + 4] + image.Pixels[below] + image.Pixels[below + 4] + 2) / 4);
                    }

                    colours[(y * width) + x] = packed;
                }
            }

            return new Photograph(width, height, colours);
        }

        private Vector4 Colour(int at)
        {
            uint packed = Colours[at];
            return new Vector4(packed & 255, (packed >> 8) & 255, packed >> 16, 0) / 255;
        }

        private static float Folded(float place, int last)
        {
            float folded = MathF.Abs(place) % (2 * last);
            return folded > last ? (2 * last) - folded : folded;
        }
    }
}
