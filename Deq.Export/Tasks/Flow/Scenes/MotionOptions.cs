namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>What clips are drawn: their size and how much moves in them.</summary>
internal sealed record MotionOptions
{
    /// <summary>Pixels, at least 16. Default 64.</summary>
    public int Height { get; init; } = 64;

    /// <summary>Pixels, at least 16. Default 96.</summary>
    public int Width { get; init; } = 96;

    /// <summary>Frames of a clip, 2 (a pair) to 32. Default 2.</summary>
    public int Frames { get; init; } = 2;

    /// <summary>The longest translation of a layer, pixels per frame, at least 0. Rotation and scale come on top. Default 10.</summary>
    public float MaxMotion { get; init; } = 10;

    /// <summary>
    /// The same at the start of training, at most <see cref="MaxMotion"/>. Growth is by the whole run, not by a phase of it: a phase that begins at
    /// <see cref="CurriculumShare"/> or later has <see cref="MaxMotion"/> throughout, whatever this says. Default 4.
    /// </summary>
    public float FirstMotion { get; init; } = 4;

    /// <summary>The share of the whole training after which <see cref="MaxMotion"/> is reached, above 0 and at most 1. Default 0.3.</summary>
    public double CurriculumShare { get; init; } = 0.3;

    /// <summary>
    /// How many times smaller the longest translation of a clip may be than that of all, at least 1: every clip draws its own, evenly in the logarithm.
    /// Default 1: all have the same.
    /// </summary>
    public float MotionSpread { get; init; } = 1;

    /// <summary>The most layers above the background, 0 to 8; at least one is drawn where that is above 0. Default 4.</summary>
    public int MaxLayers { get; init; } = 4;

    /// <summary>The share of layers with faint fine detail and low contrast, in [0, 1]. Default 0.</summary>
    public double SmoothShare { get; init; }

    /// <summary>The share of layers that show a photograph where there are any, in [0, 1]. Default 0.</summary>
    public double PhotoShare { get; init; }

    /// <summary>The share of clips whose layers have a motion in common, as under a moving camera, in [0, 1]. Default 0.</summary>
    public double PanShare { get; init; }

    /// <summary>The share of layers above the background that are a fifth as high as others, in [0, 1]. Default 0.</summary>
    public double ThinShare { get; init; }

    /// <summary>How strongly light and colours vary, between clips and a little between frames; 0 is not at all. Default 1.</summary>
    public float Light { get; init; } = 1;

    /// <summary>The most noise per pixel, standard deviation as a share of the range of values, at least 0. Default 0.02.</summary>
    public float Noise { get; init; } = 0.02f;

    /// <summary>The options at some point of training: motion grows from <see cref="FirstMotion"/> to <see cref="MaxMotion"/>.</summary>
    /// <param name="progress">Share of training done, in [0, 1].</param>
    public MotionOptions At(double progress)
    {
        float share = (float)Math.Clamp(progress / CurriculumShare, 0, 1);
        return this with { MaxMotion = FirstMotion + ((MaxMotion - FirstMotion) * share) };
    }
}
