using CsCheck;
using Deq.Build;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Build;

/// <summary>What every mender owes to files that are damaged.</summary>
internal static class DamagedLibraries
{
    /// <summary>Whatever byte is changed and wherever the file is cut, a mender gives an answer or names the damage.</summary>
    public static void EndInAnAnswerOrAnException(byte[] good, ElfFile.Mender mend) =>
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Each(
            3000,
            damage =>
            {
                (int at, byte value, int length) = damage;
                byte[] damaged = [.. good];
                damaged[at] = value;

                Exception? flipped = Record.Exception(() => mend(damaged, out _));
                Exception? cut = Record.Exception(() => mend(good[..length], out _));

                Assert.True(flipped is null or InvalidDataException, $"{flipped}");
                Assert.True(cut is null or InvalidDataException, $"{cut}");
            });
}
