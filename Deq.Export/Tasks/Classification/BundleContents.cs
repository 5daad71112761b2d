using System.Text;
using Deq.Export.Bundling;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Recipes;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks;

namespace Deq.Export.Tasks.Classification;

/// <summary>A model on its way from a checkpoint into a bundle: graphs written as ONNX, and the manifest that describes them.</summary>
/// <param name="Manifest">Without hashes.</param>
/// <param name="Files">Contents by path relative to the bundle.</param>
/// <param name="Recipe">What the model was trained by.</param>
/// <param name="Progress">How the training went.</param>
internal sealed record BundleContents(
    ModelManifest Manifest, IReadOnlyDictionary<string, byte[]> Files, TrainingRecipe Recipe, TrainingProgress Progress)
{
    /// <summary>Reads a checkpoint and writes its graphs, with the averaged weights folded in.</summary>
    /// <param name="checkpoint">A checkpoint directory, or a run's directory that holds one.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint, or it does not fit its recipe.</exception>
    public static BundleContents Of(string checkpoint)
    {
        string directory = CheckpointPath.Find(checkpoint);
        TrainingRecipe recipe = TrainingRecipe.Read(Checkpoint.RecipePath(directory));
        TrainingProgress progress = Checkpoint.ReadProgress(directory);
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, progress.Labels.Count);
        using var parameters = new ModelParameters(graphs.Weights, recipe.Seed);
        Checkpoint.ReadAverage(directory, parameters);
        Graph product = VectorJacobian.Of(graphs.Cell, "fz", "z");
        var files = new Dictionary<string, byte[]>
        {
            [BundleFileNames.Encoder] = OnnxWriter.Write(graphs.Encoder, parameters.Fold(graphs.Encoder)),
            [BundleFileNames.Cell] = OnnxWriter.Write(graphs.Cell, parameters.Fold(graphs.Cell)),
            [BundleFileNames.Decoder] = OnnxWriter.Write(graphs.Decoder, parameters.Fold(graphs.Decoder)),
            [BundleFileNames.CellVectorJacobian] = OnnxWriter.Write(product, parameters.Fold(product)),
            [BundleFileNames.Recipe] = File.ReadAllBytes(Checkpoint.RecipePath(directory)),
            [BundleFileNames.Log] = Encoding.UTF8.GetBytes(TrainingLog.Text(progress.Epochs)),
        };
        if (progress.Epochs.Count > 0)
        {
            files[BundleFileNames.TrainingCurves] = TrainingPlot.Png(recipe.Name, progress.Epochs);
        }

        return new BundleContents(Describe(recipe, progress, graphs, product), files, recipe, progress);
    }

    private static ModelManifest Describe(TrainingRecipe recipe, TrainingProgress progress, ModelGraphs graphs, Graph product) => new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = recipe.Name,
        Version = recipe.Version,
        Task = ModelTasks.Classification,
        Description = recipe.Description,
        Input = recipe.Input,
        Labels = progress.Labels,
        Encoder = GraphContract.Of(BundleFileNames.Encoder, graphs.Encoder),
        Cell = GraphContract.Of(BundleFileNames.Cell, graphs.Cell),
        Decoder = GraphContract.Of(BundleFileNames.Decoder, graphs.Decoder),
        CellVectorJacobian = GraphContract.Of(BundleFileNames.CellVectorJacobian, product),
        Defaults = recipe.Serving,
        Provenance = new Dictionary<string, string>
        {
            ["tool"] = $"Deq.Export {typeof(BundleContents).Assembly.GetName().Version?.ToString(3)}",
            ["recipe"] = BundleFileNames.Recipe,
            ["seed"] = $"{recipe.Seed}",
            ["device"] = progress.Device,
            ["epochs"] = $"{progress.Epoch} of {recipe.Training.Epochs}",
            ["trainingMinutes"] = $"{progress.Epochs.Sum(epoch => epoch.Seconds) / 60:F0}",
            ["weights"] = $"{graphs.Weights.Sum(weight => weight.Extents.Aggregate(1, (product, n) => product * n))}",
        },
        Files = new Dictionary<string, string>(),
    };
}
