using System.Numerics;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Paints textures: noise over six octaves with a random slope, random correlation of colours, hard-edged shapes.</summary>
internal sealed class TexturePainter
{
    private const int Octaves = 6;
    private const float FinestCell = 1.5f;

    /// <summary>The octave whose fourth channel makes outlines irregular: cells of 12 pixels.</summary>
    private const int OutlineOctave = 3;

    private Vector4[] _lattice = [];
    private Vector4[] _line = [];

    /// <summary>Paints the whole plane; cover becomes noise in [−1, 1] until <see cref="Cut"/>.</summary>
    /// <param name="texture">Painted over.</param>
    /// <param name="smoothShare">How often it is smooth, in [0, 1]: as in photographs, fine detail is faint and some planes show little at all.</param>
    /// <param name="random">Advanced.</param>
    public void Paint(LayerTexture texture, double smoothShare, ref SplitMix64 random)
    {
        Array.Clear(texture.Texels);
        bool isSmooth = smoothShare > 0 && random.NextShare() < smoothShare;
        double slope = (isSmooth ? 0.6 : 0) + (1.2 * random.NextShare());
        double strength = isSmooth ? 0.15 + (0.85 * Math.Pow(random.NextShare(), 2)) : 1;
        double power = 0;
        for (int octave = 0; octave < Octaves; octave++)
        {
            double cell = FinestCell * (1 << octave);
            double amplitude = Math.Pow(cell, slope);
            power += amplitude * amplitude;
            Octave(texture, (float)cell, new Vector4(new Vector3((float)amplitude), octave == OutlineOctave ? 1 : 0), ref random);
        }

        Colour(texture, (float)(Math.Sqrt(power / 6) / strength), ref random);
        for (int shapes = random.NextBelow(9); shapes > 0; shapes--)
        {
            Shape(texture, ref random);
        }

        foreach (ref Vector4 texel in texture.Texels.AsSpan())
        {
            texel = Vector4.Clamp(texel, new Vector4(0, 0, 0, -1), Vector4.One);
        }
    }

    /// <summary>Paints a part of a photograph, mirrored beyond its edges; cover as above.</summary>
    /// <param name="texture">Painted over.</param>
    /// <param name="photographs">One of them is drawn.</param>
    /// <param name="random">Advanced.</param>
    public void Paint(LayerTexture texture, Photographs photographs, ref SplitMix64 random)
    {
        Array.Clear(texture.Texels);
        Octave(texture, FinestCell * (1 << OutlineOctave), new Vector4(0, 0, 0, 1), ref random);
        photographs.Show(texture, ref random);
        foreach (ref Vector4 texel in texture.Texels.AsSpan())
        {
            texel = Vector4.Clamp(texel, new Vector4(0, 0, 0, -1), Vector4.One);
        }
    }

    /// <summary>Turns the noise in the fourth channel into the cover of one irregular ellipse or rectangle with edges of about two pixels.</summary>
    /// <param name="texture">Painted before.</param>
    /// <param name="middle">On the plane.</param>
    /// <param name="thinShare">How often it is a fifth as high, in [0, 1].</param>
    /// <param name="random">Advanced.</param>
    /// <returns>No cover lies further from the middle, pixels.</returns>
    public static float Cut(LayerTexture texture, Vector2 middle, double thinShare, ref SplitMix64 random)
    {
        int size = Math.Min(texture.Width, texture.Height) - (2 * LayerTexture.Margin);
        var axes = new Vector2((0.08f + (0.3f * Drawn.Share(ref random))) * size, (0.08f + (0.3f * Drawn.Share(ref random))) * size);
        if (thinShare > 0 && random.NextShare() < thinShare)
        {
            axes.Y *= 0.2f;
        }

        (float sine, float cosine) = MathF.SinCos(MathF.PI * Drawn.Share(ref random));
        bool isRound = random.NextShare() < 0.7;
        float roughness = 0.5f * Drawn.Share(ref random);
        float slope = Math.Min(axes.X, axes.Y) / 4;
        for (int row = 0; row < texture.Height; row++)
        {
            for (int column = 0; column < texture.Width; column++)
            {
                Vector2 from = new Vector2(column, row) - middle - new Vector2(LayerTexture.Margin);
                var along = Vector2.Abs(new Vector2((from.X * cosine) + (from.Y * sine), (from.Y * cosine) - (from.X * sine)) / axes);
                ref Vector4 texel = ref texture.Texels[(row * texture.Width) + column];
                float reach = isRound ? along.LengthSquared() : MathF.Max(along.X, along.Y) * MathF.Max(along.X, along.Y);
                texel.W = Math.Clamp(0.5f + (slope * (1 - reach - (roughness * texel.W))), 0, 1);
            }
        }

        // Cover ends where reach = 1 + 1/(2·slope) + roughness.
        return (isRound ? 1 : MathF.Sqrt(2)) * Math.Max(axes.X, axes.Y) * MathF.Sqrt(1 + (0.5f / slope) + roughness);
    }

    /// <summary>Adds noise between random values on a lattice, eased so that no crease shows.</summary>
    private void Octave(LayerTexture texture, float cell, Vector4 amplitude, ref SplitMix64 random)
    {
        int across = (int)(texture.Width / cell) + 2;
        int down = (int)(texture.Height / cell) + 2;
        if (_lattice.Length < across * down)
        {
            (_lattice, _line) = (new Vector4[across * down], new Vector4[across]);
        }

        for (int i = 0; i < across * down; i++)
        {
            _lattice[i] = amplitude * Drawn.Signed4(ref random);
        }

        for (int row = 0; row < texture.Height; row++)
        {
            (int above, float share) = Between(row / cell);
            for (int column = 0; column < across; column++)
            {
                int at = (above * across) + column;
                _line[column] = Vector4.Lerp(_lattice[at], _lattice[at + across], share);
            }

            Span<Vector4> texels = texture.Texels.AsSpan(row * texture.Width, texture.Width);
            for (int column = 0; column < texels.Length; column++)
            {
                (int left, float portion) = Between(column / cell);
                texels[column] += Vector4.Lerp(_line[left], _line[left + 1], portion);
            }
        }
    }

    private static (int Before, float Share) Between(float place)
    {
        int before = (int)place;
        float t = place - before;
        return (before, t * t * (3 - (2 * t)));
    }

    /// <summary>Correlates the channels at random and brings noise of a deviation to a random contrast about grey.</summary>
    private static void Colour(LayerTexture texture, float deviation, ref SplitMix64 random)
    {
        float contrast = (0.08f + (0.22f * Drawn.Share(ref random))) / deviation;
        (Vector4 red, Vector4 green, Vector4 blue) = (Mix(0, ref random), Mix(1, ref random), Mix(2, ref random));
        foreach (ref Vector4 texel in texture.Texels.AsSpan())
        {
            Vector4 mixed = (red * texel.X) + (green * texel.Y) + (blue * texel.Z);
            texel = (mixed * contrast) + new Vector4(0.5f, 0.5f, 0.5f, texel.W);
        }
    }

    private static Vector4 Mix(int channel, ref SplitMix64 random)
    {
        var mix = new Vector4(0.35f * Drawn.Normal(ref random), 0.35f * Drawn.Normal(ref random), 0.35f * Drawn.Normal(ref random), 0);
        mix[channel] += 0.6f;
        return mix;
    }

    private static void Shape(LayerTexture texture, ref SplitMix64 random)
    {
        var middle = new Vector2(texture.Width * Drawn.Share(ref random), texture.Height * Drawn.Share(ref random));
        Vector2 axes = new Vector2(texture.Width, texture.Height) / 2
            * new Vector2(0.03f + (0.3f * Drawn.Share(ref random)), 0.03f + (0.3f * Drawn.Share(ref random)));
        (float sine, float cosine) = MathF.SinCos(MathF.PI * Drawn.Share(ref random));
        bool isRound = random.NextShare() < 0.5;
        var colour = new Vector4(Drawn.Share(ref random), Drawn.Share(ref random), Drawn.Share(ref random), 0);
        float reach = axes.Length();
        int top = Math.Max(0, (int)(middle.Y - reach));
        int bottom = Math.Min(texture.Height, (int)(middle.Y + reach) + 1);
        int left = Math.Max(0, (int)(middle.X - reach));
        int right = Math.Min(texture.Width, (int)(middle.X + reach) + 1);
        for (int row = top; row < bottom; row++)
        {
            for (int column = left; column < right; column++)
            {
                Vector2 from = new Vector2(column, row) - middle;
                Vector2 along = new Vector2((from.X * cosine) + (from.Y * sine), (from.Y * cosine) - (from.X * sine)) / axes;
                if (isRound ? along.LengthSquared() < 1 : MathF.Abs(along.X) < 1 && MathF.Abs(along.Y) < 1)
                {
                    ref Vector4 texel = ref texture.Texels[(row * texture.Width) + column];
                    texel = (colour + (0.3f * (texel - new Vector4(0.5f)))) with { W = texel.W };
                }
            }
        }
    }
}
