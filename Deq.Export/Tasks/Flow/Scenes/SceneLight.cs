using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Light, colours and noise of a camera: one gamma, contrast and tint per clip, a little of each anew in every frame.</summary>
internal sealed class SceneLight
{
    private const int Levels = 1024;
    private readonly float[] _curve = new float[Levels];
    private readonly float[] _shown = new float[Levels];

    /// <summary>Changes all frames of a clip.</summary>
    public void Fall(MotionClip clip, MotionOptions options, ref SplitMix64 random)
    {
        float light = options.Light;
        float gamma = MathF.Exp(0.2f * light * Drawn.Normal(ref random));
        float contrast = 1 + (0.15f * light * Drawn.Normal(ref random));
        float[] tint = [0.06f * light * Drawn.Normal(ref random), 0.06f * light * Drawn.Normal(ref random), 0.06f * light * Drawn.Normal(ref random)];
        for (int level = 0; level < Levels; level++)
        {
            _curve[level] = (MathF.Pow(Math.Max(level / (Levels - 1f), 1e-3f), gamma) - 0.5f) * contrast;
        }

        for (int frame = 0; frame < clip.Count; frame++)
        {
            float exposure = 1 + (0.03f * light * Drawn.Normal(ref random));
            float noise = options.Noise * Drawn.Share(ref random);
            for (int channel = 0; channel < tint.Length; channel++)
            {
                float shift = 0.5f + tint[channel] + (0.01f * light * Drawn.Normal(ref random));
                Show(clip.Frame(frame).Slice(channel * clip.Pixels, clip.Pixels), exposure, shift, noise, ref random);
            }
        }
    }

    private void Show(Span<float> plane, float exposure, float shift, float noise, ref SplitMix64 random)
    {
        for (int level = 0; level < Levels; level++)
        {
            _shown[level] = (_curve[level] * exposure) + shift;
        }

        for (int pixel = 0; pixel < plane.Length; pixel++)
        {
            float value = _shown[(int)((plane[pixel] * (Levels - 1)) + 0.5f)];
            plane[pixel] = Math.Clamp(noise == 0 ? value : value + (noise * NearlyNormal(ref random)), 0, 1);
        }
    }

    /// <summary>The sum of four uniform numbers, deviation 1.</summary>
    private static float NearlyNormal(ref SplitMix64 random)
    {
        System.Numerics.Vector4 four = Drawn.Signed4(ref random);
        return 0.866f * (four.X + four.Y + four.Z + four.W);
    }
}
