using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>Whether the device that graphs are to run on is there, asked once before any graph is opened, and whether it fails later.</summary>
public static class DeviceCheck
{
    /// <summary>Whether what a lane threw is a failure of what runs its graphs, and not of what it was given, as far as ONNX Runtime tells the two apart.</summary>
    public static bool IsFailure(Exception fault) => fault is OnnxRuntimeException && RunRefusal.Of(fault) is null;

    /// <summary>What is missing, with the cure, as a sentence; null when nothing is.</summary>
    /// <param name="options">Names the device.</param>
    public static string? FaultOf(ExecutionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Device != ExecutionOptions.Cuda)
        {
            return null;
        }

        OnnxEnvironment.Prepare();
        try
        {
            using var session = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            session.AppendExecutionProvider_CUDA(options.DeviceId);
            return null;
        }
        catch (OnnxRuntimeException fault) when (fault.Message.Contains("not enabled in this build", StringComparison.Ordinal))
        {
            return "The device is cuda, but this is the cpu build: publish with -p:Accelerator=cuda.";
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException)
        {
            return $"The device is cuda, and CUDA 13 or cuDNN 9 cannot be loaded or finds no GPU {options.DeviceId}; see docs/operations.md#gpu. ONNX Runtime says: "
                + fault.Message.ReplaceLineEndings(" ");
        }
    }
}
