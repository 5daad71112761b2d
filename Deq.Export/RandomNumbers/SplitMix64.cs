namespace Deq.Export.RandomNumbers;

/// <summary>A small generator that can be started anywhere at no cost, so that an image's variation depends on nothing but its own numbers.</summary>
/// <remarks>
/// Its numbers never change with the runtime's version. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
/// </remarks>
internal struct SplitMix64
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>Starts at numbers whose order matters: other numbers give an unrelated sequence.</summary>
    public SplitMix64(int seed, int stream = 0, int item = 0)
    {
        ulong state = Scramble((uint)seed + GoldenGamma);
        state = Scramble(state + (uint)stream + GoldenGamma);
        _state = Scramble(state + (uint)item + GoldenGamma);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next() => Scramble(_state += GoldenGamma);

    /// <summary>A number in [0, 1).</summary>
    public double NextShare() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 to below the bound, which is at least 1. Its bias, bound/2^64, is far below any count of draws.</summary>
    public int NextBelow(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Puts the items in random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = NextBelow(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private static ulong Scramble(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
