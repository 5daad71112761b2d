using System.Numerics;
using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Flow.Scenes;

namespace Deq.Export.Specs.Tasks.Flow.Scenes;

public sealed class SceneRendererSpecs
{
    private const int Width = 48;
    private const int Height = 32;
    private static readonly MotionOptions s_options = new() { Width = Width, Height = Height, Frames = 3 };

    [Fact]
    public void Hides_exactly_the_strip_that_a_square_moves_onto()
    {
        MotionClip clip = Draw(new LayerMotion(), new LayerMotion { Velocity = new Vector2(5, 0) });

        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            (int x, int y) = (pixel % Width, pixel / Width);
            bool isInRows = y is >= 10 and < 20;
            Assert.Equal(isInRows && x is >= 20 and < 25, clip.Hidden(0)[pixel]);
            Assert.Equal(isInRows && x is >= 25 and < 30, clip.Hidden(1)[pixel]);
            Assert.Equal(isInRows && x is >= 10 and < 20 ? 5f : 0, clip.Flow(0)[pixel], 4);
            Assert.Equal(isInRows && x is >= 15 and < 25 ? 5f : 0, clip.Flow(1)[pixel], 4);
            Assert.Equal(0, clip.Flow(0)[clip.Pixels + pixel], 4);
        }
    }

    [Fact]
    public void Hides_what_a_moving_ground_carries_under_a_square_that_stands_and_out_of_the_frame()
    {
        MotionClip clip = Draw(new LayerMotion { Velocity = new Vector2(0, 3) }, new LayerMotion());

        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            (int x, int y) = (pixel % Width, pixel / Width);
            bool isSquare = x is >= 10 and < 20 && y is >= 10 and < 20;
            bool goesUnder = x is >= 10 and < 20 && y is >= 7 and < 10;
            bool leaves = y >= Height - 3;
            Assert.Equal(!isSquare && (goesUnder || leaves), clip.Hidden(0)[pixel]);
        }
    }

    [Fact]
    public void Has_the_flow_of_a_rotation_about_its_centre()
    {
        var centre = new Vector2(20, 15);
        MotionClip clip = Draw(new LayerMotion { Centre = centre, Rotation = 0.1f }, new LayerMotion { Velocity = new Vector2(1000, 0) });
        var turn = Matrix3x2.CreateRotation(0.1f);

        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            Vector2 from = new Vector2(pixel % Width, pixel / Width) - centre;
            Vector2 expected = Vector2.Transform(from, turn) - from;
            Assert.Equal(expected.X, clip.Flow(1)[pixel], 1e-4f);
            Assert.Equal(expected.Y, clip.Flow(1)[clip.Pixels + pixel], 1e-4f);
        }
    }

    [Fact]
    public void Leads_from_any_place_of_a_bent_layer_into_the_frame_and_back()
    {
        var random = new SplitMix64(3);
        var bend = new BendField(new LayerTexture(Width, Height), Width / 3f, 1.2f, ref random);
        var motion = new LayerMotion
        {
            Centre = new(9, 7),
            Velocity = new(3, -2),
            Acceleration = 0.05f,
            Rotation = 0.08f,
            LogScale = -0.05f,
            Shear = new(0.02f, -0.01f),
            Bend = bend,
        };

        for (int time = 0; time < 8; time++)
        {
            Placement placement = motion.At(time);
            for (int pixel = 0; pixel < Width * Height; pixel++)
            {
                var q = new Vector2(pixel % Width, pixel / Width);
                Assert.True(Vector2.Distance(q, placement.Origin(placement.Place(q))) < 1e-3f);
            }
        }
    }

    private static MotionClip Draw(LayerMotion ground, LayerMotion square)
    {
        var clip = new MotionClip(s_options);
        SceneLayer[] layers =
        [
            new(Textured(seed: 1, texture => { }), ground, default, 0),
            new(Textured(seed: 2, CoverSquare), square, new Vector2(15, 15), 8),
        ];
        new SceneRenderer(Width, Height).Draw(layers, clip);
        return clip;
    }

    [Fact]
    public void Shows_less_fine_detail_where_layers_are_smooth()
    {
        Assert.True(Detail(smoothShare: 1) < 0.6 * Detail(smoothShare: 0));

        static double Detail(double smoothShare)
        {
            var random = new SplitMix64(9);
            var texture = new LayerTexture(Width, Height);
            var painter = new TexturePainter();
            double sum = 0;
            for (int plane = 0; plane < 40; plane++)
            {
                painter.Paint(texture, smoothShare, ref random);
                sum += texture.Texels.Zip(texture.Texels.Skip(1), (a, b) => Math.Abs(a.Y - b.Y)).Average();
            }

            return sum;
        }
    }

    private static LayerTexture Textured(int seed, Action<LayerTexture> cover)
    {
        var random = new SplitMix64(seed);
        var texture = new LayerTexture(Width, Height);
        new TexturePainter().Paint(texture, smoothShare: 0, ref random);
        cover(texture);
        return texture;
    }

    private static void CoverSquare(LayerTexture texture)
    {
        for (int i = 0; i < texture.Texels.Length; i++)
        {
            (int x, int y) = ((i % texture.Width) - LayerTexture.Margin, (i / texture.Width) - LayerTexture.Margin);
            texture.Texels[i].W = x is >= 10 and < 20 && y is >= 10 and < 20 ? 1 : 0;
        }
    }
}
