namespace Deq.Runtime.Tasks.Restoration;

/// <summary>How near two pictures are.</summary>
public static class PictureQuality
{
    /// <summary>Peak signal-to-noise ratio, decibels, of numbers from 0 to 1; those outside are clipped first. Infinite of equal pictures.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double PeakSignalToNoise(ReadOnlySpan<float> picture, ReadOnlySpan<float> reference)
    {
        if (picture.Length != reference.Length)
        {
            throw new ArgumentException($"The pictures have {picture.Length} and {reference.Length} numbers.", nameof(reference));
        }

        double squares = 0;
        for (int i = 0; i < picture.Length; i++)
        {
            double difference = Math.Clamp(picture[i], 0, 1) - reference[i];
            squares += difference * difference;
        }

        return -10 * Math.Log10(squares / picture.Length);
    }
}
