using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>A tiny classifier whose cell runs until it is ended, however fast the machine is. No bundle of it opens, so its graphs are joined here.</summary>
internal static class EndlessModel
{
    /// <summary>Writes a sound bundle to a folder, and gives its model with the other cell; it is the caller's to dispose.</summary>
    public static OnnxModel Open(string folder)
    {
        ModelManifest manifest = new TinyBundle().Write(folder);
        var options = new ExecutionOptions();
        Dictionary<string, OnnxGraph> graphs = manifest.Parts.ToDictionary(
            part => part.Key,
            part => new OnnxGraph(part.Key == ModelParts.Cell ? EndlessGraph.Cell() : File.ReadAllBytes(Path.Combine(folder, part.Value.File)), options));
        List<string> faults = [];
        ModelContract? contract = ManifestRules.Check(manifest, ModelTasks.All, faults);
        Assert.Empty(faults);
        return new OnnxModel(graphs, contract!, options);
    }
}
