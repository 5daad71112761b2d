using System.Text;
using System.Text.Json;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Training;
using Deq.Runtime.Models;

namespace Deq.Export.Bundling;

/// <summary>A model on its way from a checkpoint into a bundle: graphs written as ONNX, and the manifest that describes them.</summary>
/// <param name="Manifest">Without hashes.</param>
/// <param name="Files">Contents by path relative to the bundle, without the card.</param>
/// <param name="Card">What the card says.</param>
internal sealed record BundleContents(ModelManifest Manifest, IReadOnlyDictionary<string, byte[]> Files, CardText Card)
{
    /// <summary>In the provenance: which data trained and which were held out, as <see cref="TrainingPlan.Split"/>; absent where all data were drawn.</summary>
    public const string Split = "split";

    /// <summary>Writes a checkpoint's graphs, with the averaged weights folded in.</summary>
    /// <param name="directory">A whole checkpoint.</param>
    /// <param name="progress">How far its run had come.</param>
    /// <param name="parts">What its task says.</param>
    /// <exception cref="InvalidDataException">The checkpoint does not fit its recipe.</exception>
    public static BundleContents Of(string directory, TrainingProgress progress, BundleParts parts)
    {
        using var parameters = new ModelParameters(parts.Graphs.Weights, parts.Seed);
        Checkpoint.ReadAverage(directory, parameters);
        var log = new TrainingLog(progress.Log);
        var files = new Dictionary<string, byte[]>
        {
            [BundleFileNames.Recipe] = File.ReadAllBytes(Checkpoint.RecipePath(directory)),
            [BundleFileNames.Log] = Encoding.UTF8.GetBytes(log.Text),
        };
        foreach ((string name, Graph graph) in Graphs(parts))
        {
            files[name] = OnnxWriter.Write(graph, parameters.Fold(graph));
        }

        if (log.Count > 0)
        {
            files[BundleFileNames.TrainingCurves] = TrainingPlot.Png(parts.Manifest.Name, log, parts.Panels);
        }

        return new BundleContents(Describe(parts, progress, log), files, parts.Card);
    }

    /// <summary>The manifest and all files, card included.</summary>
    /// <param name="page">What was measured; null when nothing was.</param>
    public (ModelManifest Manifest, Dictionary<string, byte[]> Files) Finish(EvaluationPage? page)
    {
        var files = new Dictionary<string, byte[]>(Files) { [BundleFileNames.Card] = ModelCard.Write(this, page) };
        foreach ((string name, byte[] content) in page?.Files ?? new Dictionary<string, byte[]>())
        {
            files[name] = content;
        }

        return (page is null ? Manifest : Manifest with { Quality = page.Quality, Sections = Sections(page) }, files);
    }

    private Dictionary<string, JsonElement> Sections(EvaluationPage page)
    {
        var sections = new Dictionary<string, JsonElement>(Manifest.Sections ?? new Dictionary<string, JsonElement>());
        foreach ((string name, JsonElement section) in page.Sections)
        {
            sections[name] = section;
        }

        return sections;
    }

    private static IEnumerable<(string File, Graph Graph)> Graphs(BundleParts parts)
    {
        yield return (BundleFileNames.Encoder, parts.Graphs.Encoder);
        yield return (BundleFileNames.Cell, parts.Graphs.Cell);
        yield return (BundleFileNames.Decoder, parts.Graphs.Decoder);
        if (parts.Product is { } product)
        {
            yield return (BundleFileNames.CellVectorJacobian, product);
        }

        if (parts.Graphs.Energy is { } energy)
        {
            yield return (BundleFileNames.Energy, energy);
        }

        foreach ((_, string file, Graph graph) in parts.Joint?.Parts ?? [])
        {
            yield return (file, graph);
        }
    }

    private static ModelManifest Describe(BundleParts parts, TrainingProgress progress, TrainingLog log) => JointGraphs.Describe(parts.Joint, parts.Manifest with
    {
        Encoder = GraphContract.Of(BundleFileNames.Encoder, parts.Graphs.Encoder),
        Cell = GraphContract.Of(BundleFileNames.Cell, parts.Graphs.Cell),
        Decoder = GraphContract.Of(BundleFileNames.Decoder, parts.Graphs.Decoder),
        CellVectorJacobian = parts.Product is null ? null : GraphContract.Of(BundleFileNames.CellVectorJacobian, parts.Product),
        Energy = parts.Graphs.Energy is null ? null : GraphContract.Of(BundleFileNames.Energy, parts.Graphs.Energy),
        Provenance = Provenance(parts, progress, log),
    });

    private static Dictionary<string, string> Provenance(BundleParts parts, TrainingProgress progress, TrainingLog log)
    {
        var provenance = new Dictionary<string, string>(parts.Provenance)
        {
            ["tool"] = $"Deq.Export {typeof(BundleContents).Assembly.GetName().Version?.ToString(3)}",
            ["recipe"] = BundleFileNames.Recipe,
            ["seed"] = $"{parts.Seed}",
            ["device"] = progress.Device,
            [parts.Trained.Unit] = parts.Trained.Count,
            ["trainingMinutes"] = $"{log.Column("seconds").Where(double.IsFinite).Sum() / 60:F0}",
            ["weights"] = $"{parts.Graphs.Weights.Sum(weight => weight.Extents.Aggregate(1, (product, n) => product * n))}",
        };
        if (progress.Split.Length > 0)
        {
            provenance[Split] = progress.Split;
        }

        return provenance;
    }
}
