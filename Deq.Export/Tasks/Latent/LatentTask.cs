using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Datasets;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Tasks.Latent.Evaluation;
using Deq.Export.Tasks.Latent.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Latent;

/// <summary>Latent decoding: a latent becomes an image, and joint inference finds the latent of an image that is given.</summary>
internal sealed class LatentTask : ITrainedTask
{
    /// <summary>As manifests name it.</summary>
    public const string TaskName = Runtime.Tasks.Latent.LatentTask.Id;

    private const int VerifiedEvaluations = 6;

    /// <inheritdoc/>
    public string Name => TaskName;

    /// <inheritdoc/>
    public bool IsRecipeOf(JsonElement recipe) => recipe.TryGetProperty("decoder", out _);

    /// <inheritdoc/>
    public ITrainingRun Begin(string recipe, TrainingPlace place)
    {
        LatentRecipe read = LatentRecipeReader.Read(recipe);
        DirectoryInfo data = place.Data ?? throw new DatasetException(recipe, "A latent decoder is trained on a directory of images in IDX files: name it with --data.");
        return new LatentRun(read, IdxImages.Open(data.FullName), place.Device);
    }

    /// <inheritdoc/>
    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        LatentRecipe read = LatentRecipeReader.Read(recipe);
        ModelManifest manifest = BundleParts.Described(read.Name, read.Version, Name, read.Description, read.Image, read.Serving);
        ModelGraphs graphs = LatentDecoder.Build(read.Decoder, read.Image);
        return new BundleParts
        {
            Manifest = manifest,
            Graphs = graphs,
            Product = VectorJacobian.Of(graphs.Cell, TensorNames.Mapped, TensorNames.State),
            Joint = JointGraphs.Of(graphs),
            Seed = read.Seed,
            Trained = ("steps", $"{progress.Step} of {read.Training.Steps}"),
            Panels = LatentRun.Panels,
            Card = LatentCard.Of(manifest, read),
        };
    }

    /// <inheritdoc/>
    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples)
    {
        LatentRecipe read = LatentRecipeReader.Read(VerifiedRecipe.In(bundle));
        ModelGraphs graphs = LatentDecoder.Build(read.Decoder, read.Image);
        return new VerifiedModel
        {
            Graphs = graphs,
            Product = VectorJacobian.Of(graphs.Cell, TensorNames.Mapped, TensorNames.State),
            Evaluations = VerifiedEvaluations,
            Inputs =
            [
                new VerifiedInputs("random", bundle.Model, [1, read.Decoder.Latents], VerifiedInputs.Noise(samples.Count, bundle.Model.InputLength, samples.Seed)),
            ],
        };
    }

    /// <inheritdoc/>
    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        DirectoryInfo data = request.Data is [var one]
            ? one
            : throw new DatasetException("--data", $"A latent decoder is measured on one directory of images; these are {request.Data.Count}.");
        return LatentQuality.Measure(bundle, IdxImages.Open(data.FullName), request).Page(bundle.Manifest);
    }
}
