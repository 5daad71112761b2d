using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Deq.Export.Torch;

/// <summary>Decides by which kernels Torch convolves on a processor: by its own, not by oneDNN's or NNPACK's.</summary>
/// <remarks>
/// oneDNN 3.7 (in libtorch 2.10) pads channels to blocks of 8 or 16. On some processors (seen on an AMD EPYC of family 26) the padding stays as it was in
/// memory instead of zero, and convolutions over channels that fill no block are wrong, forwards and in their gradients, on any number of threads.
/// By how much depends on what the memory held, so no trial at the start could tell. NNPACK, which Torch would take next, warns on every call where it
/// does not know the processor. What remains is im2col and matrix products. Both switches are global to Torch; TorchSharp passes neither on.
/// </remarks>
internal static class TorchConvolutions
{
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GlobalContext();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Switch(nint context, byte isOn);

    /// <summary>Makes the choice for the whole process, on Linux; elsewhere Torch's defaults stay.</summary>
    /// <exception cref="EntryPointNotFoundException">This libtorch has no such switch.</exception>
    public static void UseTorchsOwn()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Loads the library, where that has not happened; the next line finds it by its name.
        InitializeDeviceType(TorchSharp.DeviceType.CPU);
        nint libtorch = NativeLibrary.Load("libtorch_cpu.so");
        nint context = Export<GlobalContext>(libtorch, "_ZN2at13globalContextEv")();
        Export<Switch>(libtorch, "_ZN2at7Context20setUserEnabledMkldnnEb")(context, isOn: 0);
        Export<Switch>(libtorch, "_ZN2at7Context20setUserEnabledNNPACKEb")(context, isOn: 0);
    }

    private static T Export<T>(nint library, string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}
