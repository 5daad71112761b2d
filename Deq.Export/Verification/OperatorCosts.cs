using System.Text.Json;
using Deq.Runtime.Models;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Export.Verification;

/// <summary>What the operators of a graph cost, by ONNX Runtime's own profile.</summary>
internal static class OperatorCosts
{
    private const int Warmup = 3;
    private const int Runs = 10;

    /// <summary>Runs a graph some times under the profiler.</summary>
    /// <param name="graph">The bytes of an ONNX file.</param>
    /// <param name="inputs">Names, shapes and numbers of one row.</param>
    /// <returns>Milliseconds per run by operator, dearest first.</returns>
    public static IReadOnlyList<OperatorCost> Measure(byte[] graph, IReadOnlyList<(TensorContract Tensor, long[] Shape, float[] Values)> inputs)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("deq-profile-");
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,

                // In this order: profiling starts with the prefix that is set, by default one in the working directory.
                ProfileOutputPathPrefix = Path.Combine(folder.FullName, "cell"),
                EnableProfiling = true,
            };
            using var session = new InferenceSession(graph, options);
            using var run = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            OrtValue[] values = [.. inputs.Select(input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape))];
            for (int i = 0; i < Warmup + Runs; i++)
            {
                using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [.. inputs.Select(input => input.Tensor.Name)], values, session.OutputNames);
            }

            Array.ForEach(values, value => value.Dispose());
            return Read(session.EndProfiling());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Medians per node over the runs, so that a disturbed run does not count, summed by operator.</summary>
    private static OperatorCost[] Read(string path)
    {
        using JsonDocument profile = JsonDocument.Parse(File.ReadAllBytes(path));
        var nodes = from entry in profile.RootElement.EnumerateArray()
                    where entry.TryGetProperty("cat", out JsonElement category) && category.GetString() == "Node"
                    let name = entry.GetProperty("name").GetString()!
                    where name.EndsWith("_kernel_time", StringComparison.Ordinal)
                    group entry.GetProperty("dur").GetDouble() by (Name: name, Operator: entry.GetProperty("args").GetProperty("op_name").GetString()!);
        var costs = nodes.Select(node => (node.Key.Operator, Milliseconds: node.Order().ElementAt(node.Count() / 2) / 1000 * (node.Count() / (double)(Warmup + Runs)))).ToArray();
        double all = costs.Sum(cost => cost.Milliseconds);
        return
        [
            .. costs.GroupBy(cost => cost.Operator)
                .Select(group => new OperatorCost(group.Key, group.Count(), group.Sum(cost => cost.Milliseconds), all > 0 ? group.Sum(cost => cost.Milliseconds) / all : 0))
                .OrderByDescending(cost => cost.Milliseconds),
        ];
    }
}

/// <summary>What one operator costs in a graph.</summary>
/// <param name="Operator">Its name in the ONNX standard, or that of several that ONNX Runtime joined.</param>
/// <param name="Nodes">How often it stands in the graph.</param>
/// <param name="Milliseconds">Per run, of all of them.</param>
/// <param name="Share">Of the run, 0 to 1.</param>
internal sealed record OperatorCost(string Operator, int Nodes, double Milliseconds, double Share);
