using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.States;

/// <summary>Host memory whose slots hold standard normal numbers, the same at every call.</summary>
internal static class FilledSpace
{
    public static HostStateSpace Of(int rows, int slots, int width, bool isWide)
    {
        var space = new HostStateSpace(rows, width, isWide);
        space.Allocate(slots);
        var random = new Gaussian(17);
        for (int slot = 0; slot < slots; slot++)
        {
            for (int i = 0; i < rows * width; i++)
            {
                space[slot][i] = (float)random.Next();
            }
        }

        return space;
    }
}
