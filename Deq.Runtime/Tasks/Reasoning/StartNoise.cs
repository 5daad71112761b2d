namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>Starts of solves by number: the first is zero, the others are independent normal numbers that a seed decides.</summary>
public static class StartNoise
{
    /// <summary>Writes a start.</summary>
    /// <param name="state">Receives it.</param>
    /// <param name="seed">Of the request.</param>
    /// <param name="start">Its number; 0 is zero.</param>
    /// <param name="deviation">Standard deviation of the others, above 0.</param>
    public static void Fill(Span<float> state, int seed, int start, double deviation)
    {
        state.Clear();
        if (start == 0)
        {
            return;
        }

        // Box and Muller (1958), two numbers a pair; 1 − u keeps the logarithm away from 0.
        var random = new Random(HashOf(seed, start));
        for (int i = 0; i < state.Length; i += 2)
        {
            double length = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
            state[i] = (float)(length * cosine);
            if (i + 1 < state.Length)
            {
                state[i + 1] = (float)(length * sine);
            }
        }
    }

    // Neighbouring seeds and starts must not share numbers; the same on every machine, unlike HashCode.
    private static int HashOf(int seed, int start)
    {
        ulong mixed = (((ulong)(uint)seed << 32) | (uint)start) * 0x9E3779B97F4A7C15;
        return (int)((mixed ^ (mixed >> 31)) >> 16);
    }
}
