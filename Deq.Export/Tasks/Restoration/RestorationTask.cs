using System.CommandLine;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Datasets;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration;

/// <summary>Restoration: a damaged picture becomes the one that explains it best.</summary>
internal sealed class RestorationTask : ITrainedTask
{
    /// <summary>As manifests name it.</summary>
    public const string TaskName = Runtime.Tasks.Restoration.RestorationTask.Id;

    private const string MostPictures = "--most";
    private const int CardPictures = 68;

    /// <summary>Pixels that are added around an image, where no kernel reaches farther.</summary>
    public const int Margin = 8;

    private const int VerifiedSide = 48;
    private const int VerifiedEvaluations = 3;

    private static readonly ImageInput s_input = new()
    {
        Channels = 1,
        Mean = [0],
        Deviation = [1],
        Resize = "mirror",
        Sizes = new FrameSizes { Multiple = RidgeRegularizer.Factor, LeastSide = 1, MostPixels = 3 << 18, TypicalHeight = 336, TypicalWidth = 496 },
    };

    /// <inheritdoc/>
    public string Name => TaskName;

    /// <inheritdoc/>
    public IReadOnlyList<Option> EvaluationOptions
    {
        get
        {
            var most = new Option<int?>(MostPictures) { Description = "Of a restorer: measure on the first so many pictures, at least 1. Default: all." };
            most.Require(count => count is null or >= 1, $"{MostPictures} is at least 1.");
            return [most];
        }
    }

    /// <inheritdoc/>
    public bool IsRecipeOf(JsonElement recipe) => recipe.TryGetProperty("ridge", out _);

    /// <inheritdoc/>
    public ITrainingRun Begin(string recipe, TrainingPlace place)
    {
        RestorationRecipe read = RestorationRecipeReader.Read(recipe);
        DirectoryInfo data = place.Data ?? throw new DatasetException(recipe, "A restorer is trained on a directory of photographs: name it with --data.");
        return new RestorationRun(read, GreyPhotographs.Open(data.FullName, read.Training.Shrink), place.Device);
    }

    /// <inheritdoc/>
    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        RestorationRecipe read = RestorationRecipeReader.Read(recipe);
        ModelManifest manifest = Described(read);
        return new BundleParts
        {
            Manifest = manifest,
            Graphs = RidgeRegularizer.Build(read.Architecture),
            Seed = read.Seed,
            Trained = ("steps", $"{progress.Step} of {read.Training.Steps}"),
            Panels = RestorationRun.Panels,
            Card = RestorationCard.Of(manifest, read),
        };
    }

    /// <summary>The manifest of a bundle, its files apart.</summary>
    public static ModelManifest Described(RestorationRecipe recipe) =>
        BundleParts.Described(recipe.Name, recipe.Version, TaskName, recipe.Description, s_input, recipe.Serving) with
        {
            Sections = new Dictionary<string, JsonElement>
            {
                [RestorationContract.Section] = ModelManifest.Section(new RestorationContract
                {
                    LeastSigma = recipe.Noise.Least,
                    MostSigma = recipe.Noise.Most,
                    Step = NoisyPatches.Step,
                    Margin = Margin,
                    Curvature = RidgeRegularizer.Curvature,
                    Concavity = RidgeRegularizer.Concavity,
                }),
            },
        };

    /// <inheritdoc/>
    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples)
    {
        ModelGraphs graphs = RidgeRegularizer.Build(RestorationRecipeReader.Read(VerifiedRecipe.In(bundle)).Architecture);
        (int height, int width) = (VerifiedSide, VerifiedSide + RidgeRegularizer.Factor);
        OnnxModel model = bundle.Model.At(new ShapeKey(height, width));
        return new VerifiedModel
        {
            Graphs = graphs,
            StateSizes = _ => [1, 1, height, width],
            Evaluations = VerifiedEvaluations,
            Inputs = [new VerifiedInputs($"noise of {width} x {height}", model, [1, RestorationPlanes.Count, height, width], Problems(bundle.Manifest, height, width, samples))],
        };
    }

    /// <inheritdoc/>
    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        int most = request.Options.Value<int?>(MostPictures) ?? (request.IsForCard ? CardPictures : int.MaxValue);
        var measured = MeasuredPictures.Of(bundle, request, most);
        foreach (string note in measured.Notes)
        {
            request.Report(note);
        }

        RestorationQuality quality = RestorationQuality.Measure(bundle, measured.Pictures, request) with { Notes = measured.Notes };
        return new EvaluationPage
        {
            Sentence = quality.Sentence,
            Markdown = $"# {bundle.Manifest.Name} {bundle.Manifest.Version}\n\n{RestorationTables.Quality(quality)}",
            Numbers = quality.Reports,
            Quality = quality.Figures(),
            Card = RestorationTables.Quality(quality),
        };
    }

    private static IReadOnlyList<float[]> Problems(ModelManifest manifest, int height, int width, VerifiedSamples samples)
    {
        int border = 2 * Margin;
        var problem = new RestorationProblem(Degradation.OfNoise(), height - border, width - border, manifest, sigma: 15, lambda: 1);
        return [.. VerifiedInputs.Noise(samples.Count, (height - border) * (width - border), samples.Seed).Select(noise =>
        {
            float[] planes = new float[RestorationPlanes.Count * height * width];
            problem.Fill(noise, planes, new float[height * width]);
            return planes;
        })];
    }
}
