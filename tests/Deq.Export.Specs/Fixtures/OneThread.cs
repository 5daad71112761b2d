using System.Runtime.CompilerServices;

namespace Deq.Export.Specs.Fixtures;

/// <summary>Holds Torch to one thread in the specs and in the processes they start.</summary>
/// <remarks>
/// Specs run side by side on models so small that threads only meet. Where others need the cores, each meeting waits for its turn: on two busy cores
/// training that takes seconds took minutes.
/// </remarks>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Hold()
    {
        Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1");
        TorchSharp.torch.set_num_threads(1);
    }
}
