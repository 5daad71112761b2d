using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Bundles;

/// <summary>Loads the graphs of a bundle, checks them against their contracts and runs them once.</summary>
internal static class GraphOpening
{
    /// <summary>The model, or null when the bundle has faults.</summary>
    /// <param name="manifest">What the graphs promise.</param>
    /// <param name="contract">What its task says of them; null when the manifest has faults.</param>
    /// <param name="contents">The graphs' bytes by path; those with a fault are absent.</param>
    /// <param name="options">On what they run.</param>
    /// <param name="faults">What is wrong with the bundle so far; receives what is wrong with the graphs.</param>
    /// <param name="isTried">Whether the same graphs have run on this device before.</param>
    public static OnnxModel? Open(
        ModelManifest manifest,
        ModelContract? contract,
        IReadOnlyDictionary<string, byte[]> contents,
        ExecutionOptions options,
        List<string> faults,
        bool isTried)
    {
        var graphs = new Dictionary<string, OnnxGraph>();
        foreach ((string name, ModelPart part) in manifest.Parts)
        {
            if (contents.TryGetValue(part.File, out byte[]? bytes) && Load(part.File, bytes, options, faults) is { } graph)
            {
                graphs.Add(name, graph);
                faults.AddRange(PartRules.Graph(part.File, part, graph));
            }
        }

        if (contract is not null && faults.Count == 0)
        {
            var model = new OnnxModel(graphs, contract, options);
            if (!isTried)
            {
                GraphTrial.Run(model, manifest, faults, GraphTrial.Longest);
                TryStates(model.Least, options, faults);
            }

            if (faults.Count == 0)
            {
                return model;
            }
        }

        foreach (OnnxGraph graph in graphs.Values)
        {
            graph.Dispose();
        }

        return null;
    }

    /// <summary>Moves a state through the memory of a device that has its own.</summary>
    private static void TryStates(OnnxModel model, ExecutionOptions options, List<string> faults)
    {
        if (options.Device == ExecutionOptions.Cpu || faults.Count > 0)
        {
            return;
        }

        try
        {
            using OnnxDeviceLane lane = model.OpenDeviceLane(capacity: 1);
            int z = lane.Space.Allocate(2);
            lane.Encode(new float[model.InputLength], 0);
            lane.Evaluate(z, z + 1, 1);
            lane.Decode(z + 1, 0, new float[model.OutputLength]);
        }
        catch (OnnxRuntimeException fault)
        {
            faults.Add($"States cannot live on device {options.Device}: {fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static OnnxGraph? Load(string file, byte[] bytes, ExecutionOptions options, List<string> faults)
    {
        if (ExternalTensors.AreIn(bytes))
        {
            faults.Add($"{file} keeps tensors in other files, which no hash covers: export with external_data=False, or let Deq.Export pack bring them in.");
            return null;
        }

        try
        {
            return new OnnxGraph(bytes, options);
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException)
        {
            string mend = fault.Message.Contains("Could not find an implementation", StringComparison.Ordinal) ? " A graph in float64 must be exported as float32." : "";
            faults.Add($"{file} is refused by ONNX Runtime on device {options.Device}: {fault.Message.ReplaceLineEndings(" ")}{mend}");
            return null;
        }
    }
}
