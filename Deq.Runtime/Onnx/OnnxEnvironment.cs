using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>What must hold in the process before ONNX Runtime is loaded.</summary>
internal static partial class OnnxEnvironment
{
    /// <summary>The variable that keeps ONNX Runtime's official builds from reporting over the network; native code reads it.</summary>
    public const string TelemetryVariable = "ORT_DISABLE_TELEMETRY";

    // A lazy value, so that threads that open models at the same time wait for the one that prepares.
    private static readonly Lazy<bool> s_prepared = new(IsPrepared);

    /// <summary>Switches telemetry and warnings off. Called before every session is made; acts once.</summary>
    /// <exception cref="InvalidOperationException">The variable could not be set.</exception>
    public static void Prepare()
    {
        if (!s_prepared.Value)
        {
            throw new InvalidOperationException($"{TelemetryVariable} could not be set.");
        }
    }

    private static bool IsPrepared()
    {
        bool isSilent = IsTelemetryOff();

        // Some kernels warn at every session that is made, past the session's own level.
        OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        return isSilent;
    }

    private static bool IsTelemetryOff()
    {
        Environment.SetEnvironmentVariable(TelemetryVariable, "1");

        // On Unix .NET keeps its own copy of the environment: what is set there is not seen by getenv.
        return OperatingSystem.IsWindows() || SetNative(TelemetryVariable, "1", overwrite: 1) == 0;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNative(string name, string value, int overwrite);
}
