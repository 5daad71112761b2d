using CsCheck;

namespace Deq.Export.Specs.Fixtures;

/// <summary>The same random cases in every run.</summary>
internal static class FixedCases
{
    /// <summary>Tries a law on so many cases. CsCheck repeats only its first sample from a seed, so all cases are that one sample.</summary>
    public static void Each<T>(this Gen<T> cases, int count, Action<T> law) =>
        cases.Array[count].Sample(all => Array.ForEach(all, law), seed: "0000KoKu1Tz4", iter: 1, threads: 1);
}
