using System.Numerics;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Draws clips without end, each decided by its seed and number alone. Holds buffers: one per thread.</summary>
internal sealed class MotionScenes
{
    private readonly MotionOptions _options;
    private readonly Photographs? _photographs;
    private readonly SceneRenderer _renderer;
    private readonly TexturePainter _painter = new();
    private readonly SceneLight _light = new();
    private readonly LayerTexture[] _textures;

    /// <summary>Allocates for clips of one size.</summary>
    /// <param name="options">The size, and how many layers at most.</param>
    /// <param name="photographs">Textures beside drawn ones; null for none, the default.</param>
    public MotionScenes(MotionOptions options, Photographs? photographs = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _photographs) = (options, photographs);
        _renderer = new SceneRenderer(options.Width, options.Height);
        _textures = [.. Enumerable.Range(0, options.MaxLayers + 1).Select(_ => new LayerTexture(options.Width, options.Height))];
    }

    /// <summary>Draws one clip.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="item">Which clip of it.</param>
    /// <param name="progress">Share of training done, in [0, 1]; 1 draws the longest motions.</param>
    /// <param name="clip">Receives it; of the size of the options.</param>
    /// <exception cref="ArgumentException">The clip has another size.</exception>
    public void Draw(int seed, int item, double progress, MotionClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        if (clip.Width != _options.Width || clip.Height != _options.Height)
        {
            throw new ArgumentException(
                $"The clip is {clip.Height} x {clip.Width}; these scenes are {_options.Height} x {_options.Width}.", nameof(clip));
        }

        var random = new SplitMix64(seed, stream: 1, item);
        MotionOptions options = _options.At(progress);
        if (options.MotionSpread > 1)
        {
            options = options with { MaxMotion = options.MaxMotion * MathF.Pow(options.MotionSpread, -Drawn.Share(ref random)) };
        }

        _renderer.Draw(Layers(options, ref random), clip);
        _light.Fall(clip, options, ref random);
    }

    private List<SceneLayer> Layers(MotionOptions options, ref SplitMix64 random)
    {
        int above = options.MaxLayers == 0 ? 0 : 1 + random.NextBelow(options.MaxLayers);
        var layers = new List<SceneLayer>(above + 1);
        Vector2 camera = random.NextShare() < options.PanShare ? Velocity(options.MaxMotion, ref random) : Vector2.Zero;
        float own = camera == Vector2.Zero ? 1 : Drawn.Share(ref random);
        for (int number = 0; number <= above; number++)
        {
            LayerTexture texture = _textures[number];
            if (_photographs is not null && random.NextShare() < options.PhotoShare)
            {
                _painter.Paint(texture, _photographs, ref random);
            }
            else
            {
                _painter.Paint(texture, options.SmoothShare, ref random);
            }

            var middle = new Vector2(options.Width * Drawn.Share(ref random), options.Height * Drawn.Share(ref random));
            float radius = number == 0 ? float.PositiveInfinity : TexturePainter.Cut(texture, middle, options.ThinShare, ref random);
            layers.Add(new SceneLayer(texture, Motion(options, texture, number == 0, camera, own, ref random), middle, radius));
        }

        return layers;
    }

    private static Vector2 Velocity(float most, ref SplitMix64 random)
    {
        float speed = most * MathF.Pow(Drawn.Share(ref random), 1.5f);
        (float sine, float cosine) = MathF.SinCos(2 * MathF.PI * Drawn.Share(ref random));
        return speed * new Vector2(cosine, sine);
    }

    /// <summary>The background turns and grows less than what moves before it.</summary>
    private static LayerMotion Motion(MotionOptions options, LayerTexture texture, bool isBackground, Vector2 camera, float own, ref SplitMix64 random)
    {
        float size = MathF.Max(options.Width, options.Height);
        float bend = 0.12f * options.MaxMotion * Drawn.Share(ref random);
        return new LayerMotion
        {
            Centre = new Vector2(options.Width * Drawn.Share(ref random), options.Height * Drawn.Share(ref random)),
            Velocity = camera + (own * Velocity(options.MaxMotion, ref random)),
            Acceleration = 0.05f * Drawn.Signed(ref random),
            Rotation = Drawn.Normal(ref random) * (isBackground ? 0.03f : 0.08f),
            LogScale = Drawn.Normal(ref random) * (isBackground ? 0.02f : 0.05f),
            Shear = 0.02f * new Vector2(Drawn.Normal(ref random), Drawn.Normal(ref random)),
            Bend = new BendField(texture, size / 3, bend, ref random),
        };
    }
}
