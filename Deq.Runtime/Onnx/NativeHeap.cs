using System.Runtime.InteropServices;

namespace Deq.Runtime.Onnx;

/// <summary>The C library's heap, in which ONNX Runtime's sessions live.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives the system back what closed sessions have left. The GNU library keeps it otherwise, in a heap for every few threads that have opened one: 60 MiB after 200 models of half a megabyte.</summary>
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Other C libraries give it back by themselves.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Trim(nuint pad);
}
