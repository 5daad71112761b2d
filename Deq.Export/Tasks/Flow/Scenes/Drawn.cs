using System.Numerics;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>Numbers of the distributions that scenes are drawn from.</summary>
internal static class Drawn
{
    /// <summary>Uniform in [0, 1).</summary>
    public static float Share(ref SplitMix64 random) => (float)random.NextShare();

    /// <summary>Uniform in [−1, 1).</summary>
    public static float Signed(ref SplitMix64 random) => (float)((2 * random.NextShare()) - 1);

    /// <summary>Normal with deviation 1 (Box and Muller, 1958).</summary>
    public static float Normal(ref SplitMix64 random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextShare())) * Math.Cos(2 * Math.PI * random.NextShare()));

    /// <summary>Four independent numbers in [−1, 1) from one draw of 64 bits, 16 bits each.</summary>
    public static Vector4 Signed4(ref SplitMix64 random)
    {
        ulong bits = random.Next();
        return (new Vector4((ushort)bits, (ushort)(bits >> 16), (ushort)(bits >> 32), (ushort)(bits >> 48)) / 32768) - Vector4.One;
    }
}
