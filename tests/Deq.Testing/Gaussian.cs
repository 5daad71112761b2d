namespace Deq.Testing;

/// <summary>Standard normal numbers from a seed, the same on every machine and run.</summary>
/// <param name="seed">Any number.</param>
public sealed class Gaussian(int seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>The next number. Box and Muller's transform of a SplitMix64 sequence.</summary>
    public double Next() => Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>The next number of the uniform distribution on (0, 1).</summary>
    public double Uniform()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong bits = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return (((bits ^ (bits >> 31)) >> 11) + 0.5) / (1UL << 53);
    }
}
