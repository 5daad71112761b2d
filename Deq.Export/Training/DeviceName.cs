using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What a device is called on the command line and in what is written of a run.</summary>
internal static class DeviceName
{
    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public static string Of(Device device) => device.type == TorchSharp.DeviceType.CPU ? "cpu" : "cuda";
}
