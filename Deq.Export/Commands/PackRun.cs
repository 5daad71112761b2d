using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Packing;
using Deq.Export.Tasks;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Commands;

/// <summary>Makes a bundle of foreign graphs: reads, matches, renames and stamps them, opens the result as a server would, and names every fault at once.</summary>
internal sealed class PackRun
{
    private static readonly SolveDefaults s_standIn = new() { Solver = "picard", Tolerance = 1e-3, ToleranceLimit = 1e-6, MaxEvaluations = 1, EvaluationsLimit = 1 };

    private readonly PackRequest _request;
    private readonly PackAnswers _answers;
    private readonly List<string> _faults = [];
    private readonly IPackedTask? _task;

    private PackRun(PackedTasks tasks, PackRequest request, PackAnswers answers)
    {
        (_request, _answers) = (request, answers);
        _task = tasks.Find(request.Task, answers);
        if (_task is null)
        {
            answers.Ask($"--task is missing: what the model does, {tasks.Choices}.");
            return;
        }

        answers.Require(_task.Required);
        foreach (string unread in tasks.Unread(_task, answers))
        {
            answers.Ask(unread);
        }
    }

    /// <summary>Packs.</summary>
    /// <returns>The manifest as written.</returns>
    /// <exception cref="CommandException">Something is in the way; the message has a line for each fault.</exception>
    public static ModelManifest Run(PackedTasks tasks, PackRequest request, PackAnswers answers)
    {
        BundleTarget.RequireFree(request.Output, request.IsReplaced, writer: "pack");
        var run = new PackRun(tasks, request, answers);
        (ModelManifest Manifest, Dictionary<string, byte[]> Files)? packed = run.Pack();
        if (packed is { } tried)
        {
            run.Try(tried.Manifest, tried.Files);
        }

        string[] faults = [.. answers.Missing.Concat(run._faults).Distinct()];
        return faults.Length > 0 || packed is not { } whole
            ? throw new CommandException(string.Join('\n', [$"Nothing was written; {faults.Length} {(faults.Length == 1 ? "thing is" : "things are")} in the way:", .. faults.Select(fault => $"- {fault}")]))
            : BundleWriter.Write(request.Output, whole.Manifest, whole.Files, replace: true);
    }

    private (ModelManifest Manifest, Dictionary<string, byte[]> Files)? Pack()
    {
        ForeignGraph?[] graphs = [.. _request.Graphs.Select(file => ForeignGraph.Read(file, _faults))];
        ForeignGraph? product = _request.Product is { } file ? ForeignGraph.Read(file, _faults) : null;
        return graphs is [{ } encoder, { } cell, { } decoder]
            && ForeignModel.Match(encoder, cell, decoder, product, _faults) is { } model
            && _faults.Count == 0
            && _task is not null
            && TensorShapes.Find(model, _request.InputShape, _task.Sizes(_answers), _request.Longest, _faults) is { } shapes
            ? Stamp(_task, model, shapes)
            : null;
    }

    private (ModelManifest Manifest, Dictionary<string, byte[]> Files) Stamp(IPackedTask task, ForeignModel model, TensorShapes shapes)
    {
        var stamped = new StampedModel(model, shapes, task.Input, task.Output, task.Injection);
        ModelManifest manifest = task.Describe(
            BundleParts.Described(_request.Name, _request.Version, task.Name, _request.Description, new ImageInput { Channels = 1, Mean = [0], Deviation = [1] }, _request.Defaults),
            stamped.Tensors,
            _answers);
        Dictionary<string, byte[]> files = stamped.Files();
        files.Add(BundleFileNames.Card, ForeignCard.Write(manifest, stamped));
        return (stamped.Describe(manifest with { Provenance = new Dictionary<string, string>(stamped.Injections) { ["tool"] = "Deq.Export pack" } }), files);
    }

    /// <summary>Writes the bundle aside and opens it as a server would; where its name, version or solve have faults, with others, so that those of the graphs are named too.</summary>
    private void Try(ModelManifest manifest, Dictionary<string, byte[]> files)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("deq-pack-");
        try
        {
            string draft = Path.Combine(parent.FullName, "draft");
            if (Write(draft, manifest, files) || Write(draft, manifest with { Name = "unnamed", Version = "1.0.0", Defaults = s_standIn }, files))
            {
                using ModelBundle bundle = ModelBundle.Open(draft, new ExecutionOptions());
            }
        }
        catch (BundleException fault)
        {
            _faults.AddRange(OptionFaults.Named(fault.Faults));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    /// <summary>Whether the manifest breaks no rule, and the bundle was written.</summary>
    private bool Write(string draft, ModelManifest manifest, Dictionary<string, byte[]> files)
    {
        try
        {
            BundleWriter.Write(draft, manifest, files);
            return true;
        }
        catch (BundleException fault)
        {
            _faults.AddRange(OptionFaults.Named(fault.Faults));
            return false;
        }
    }
}
