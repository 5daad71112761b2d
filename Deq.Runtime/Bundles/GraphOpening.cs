using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Bundles;

/// <summary>Loads the graphs of a bundle, checks them against their contracts and runs them once.</summary>
internal sealed class GraphOpening
{
    private readonly ModelContract? _contract;
    private readonly ExecutionOptions _options;
    private readonly List<string> _faults;
    private readonly bool _isTried;
    private readonly TimeSpan _longest;

    /// <summary>How long graphs may yet run before they are loaded as they are served.</summary>
    private TimeSpan _left;

    private GraphOpening(ModelContract? contract, ExecutionOptions options, List<string> faults, bool isTried, TimeSpan longest) =>
        (_contract, _options, _faults, _isTried, _longest, _left) = (contract, options, faults, isTried, longest, longest);

    /// <summary>The model, or null when the bundle has faults.</summary>
    /// <param name="manifest">What the graphs promise.</param>
    /// <param name="contract">What its task says of them; null when the manifest has faults.</param>
    /// <param name="contents">The graphs' bytes by path; those with a fault are absent.</param>
    /// <param name="options">On what they run.</param>
    /// <param name="faults">What is wrong with the bundle so far; receives what is wrong with the graphs.</param>
    /// <param name="isTried">Whether the same graphs have run on this device before.</param>
    /// <param name="longest">The longest that runs may take together, before and after the graphs are loaded each. Default <see cref="GraphTrial.Longest"/>.</param>
    public static OnnxModel? Open(
        ModelManifest manifest,
        ModelContract? contract,
        IReadOnlyDictionary<string, byte[]> contents,
        ExecutionOptions options,
        List<string> faults,
        bool isTried,
        TimeSpan? longest = null)
    {
        var opening = new GraphOpening(contract, options, faults, isTried, longest ?? GraphTrial.Longest);
        return opening.Join(manifest, contents) is { } model
            ? Kept(model, faults, opened =>
            {
                if (!isTried)
                {
                    GraphTrial.Run(opened, manifest, faults, longest ?? GraphTrial.Longest);
                    TryStates(opened.Least, options, faults);
                }
            })
            : null;
    }

    /// <summary>The model after its trial; null where that finds faults. Then, and where the trial fails, the model is closed with what it holds on its device.</summary>
    /// <param name="model">The model.</param>
    /// <param name="faults">None so far; receives what the trial finds.</param>
    /// <param name="trial">Runs the model.</param>
    internal static OnnxModel? Kept(OnnxModel model, List<string> faults, Action<OnnxModel> trial)
    {
        bool isKept = false;
        try
        {
            trial(model);
            isKept = faults.Count == 0;
            return isKept ? model : null;
        }
        finally
        {
            if (!isKept)
            {
                model.Dispose();
            }
        }
    }

    /// <summary>The model of the graphs; null, and nothing open, where they have faults.</summary>
    private OnnxModel? Join(ModelManifest manifest, IReadOnlyDictionary<string, byte[]> contents)
    {
        var graphs = new Dictionary<string, OnnxGraph>();
        OnnxModel? model = null;
        try
        {
            foreach ((string name, ModelPart part) in manifest.Parts)
            {
                if (contents.TryGetValue(part.File, out byte[]? bytes) && Load(part, bytes) is { } graph)
                {
                    graphs.Add(name, graph);
                    _faults.AddRange(PartRules.Graph(part.File, part, graph));
                }
            }

            return model = _contract is not null && _faults.Count == 0 ? new OnnxModel(graphs, _contract, _options) : null;
        }
        finally
        {
            if (model is null)
            {
                foreach (OnnxGraph graph in graphs.Values)
                {
                    graph.Dispose();
                }
            }
        }
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

    private OnnxGraph? Load(ModelPart part, byte[] bytes)
    {
        string file = part.File;
        if (ExternalTensors.AreIn(bytes))
        {
            _faults.Add($"{file} keeps tensors in other files, which no hash covers: export with external_data=False, or let Deq.Export pack bring them in.");
            return null;
        }

        try
        {
            FoldedNodes folded = FoldedNodes.Of(bytes);
            return _isTried || !folded.Any || MayFold(part, bytes)
                ? new OnnxGraph(bytes, _options, folded.HasInnerGraphs ? GraphChanges.AllButFolding : GraphChanges.All)
                : null;
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException)
        {
            string mend = fault.Message.Contains("Could not find an implementation", StringComparison.Ordinal) ? " A graph in float64 or float16 must be exported as float32." : "";
            _faults.Add($"{file} is refused by ONNX Runtime on device {_options.Device}: {fault.Message.ReplaceLineEndings(" ")}{mend}");
            return null;
        }
    }

    /// <summary>
    /// Whether a graph may be loaded as it is served: it ends when it runs as it is written. What of it depends on no input ONNX Runtime computes while it loads it,
    /// and nothing ends that. In a bundle that has faults already nothing is run, and the graph is only looked at.
    /// </summary>
    private bool MayFold(ModelPart part, byte[] bytes)
    {
        using var graph = new OnnxGraph(bytes, _options, GraphChanges.None);
        _faults.AddRange(PartRules.Graph(part.File, part, graph));
        if (_contract is null || _faults.Count > 0)
        {
            return false;
        }

        long began = TimeProvider.System.GetTimestamp();
        using var end = new CancellationTokenSource(_left);
        try
        {
            graph.RunOnZeros(1, _contract.Sizes is { Least: var least, Multiple: var multiple } ? new ExtentScale(least.Height / multiple, least.Width / multiple) : default, end.Token);
        }
        catch (OnnxRuntimeException fault)
        {
            _faults.Add(end.IsCancellationRequested
                ? GraphTrial.Unending(part.File, _longest, TimeProvider.System.GetElapsedTime(began), GraphTrial.Smallest)
                : GraphTrial.Unrunnable(part.File, 1, GraphTrial.Smallest, fault));
        }

        TimeSpan left = _left - TimeProvider.System.GetElapsedTime(began);
        _left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        return _faults.Count == 0;
    }
}
