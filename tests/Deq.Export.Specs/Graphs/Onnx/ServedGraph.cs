using Microsoft.ML.OnnxRuntime;

namespace Deq.Export.Specs.Graphs.Onnx;

/// <summary>A written graph, run as it is served.</summary>
internal static class ServedGraph
{
    public static (float[] Values, long[] Extents) Run(byte[] model, IReadOnlyList<(string Name, float[] Values, long[] Extents)> inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(model, options);
        using var run = new RunOptions();
        Dictionary<string, OrtValue> values = inputs.ToDictionary(
            input => input.Name,
            input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Extents));
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, values, session.OutputNames);
        (float[], long[]) result = (outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape);
        foreach (OrtValue value in values.Values)
        {
            value.Dispose();
        }

        return result;
    }
}
