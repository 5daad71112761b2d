using System.Runtime.CompilerServices;
using Deq.Export.Torch;

namespace Deq.Export.Specs.Torch;

public sealed class HeldScalarSpecs
{
    [Fact]
    public void Outlive_the_calls_that_follow_and_no_more()
    {
        WeakReference number = Asked();
        GC.Collect();
        Assert.True(number.IsAlive);

        for (int i = 0; i < 64; i++)
        {
            HeldScalar.Of(i);
        }

        GC.Collect();
        Assert.False(number.IsAlive);
    }

    /// <summary>In a frame of its own, so that nothing of this one keeps it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Asked() => new(HeldScalar.Of(0.25));
}
