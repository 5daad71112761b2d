using System.CommandLine;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Datasets;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Export.Tasks.Classification.FirstRecipe;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Classification;

namespace Deq.Export.Tasks.Classification;

/// <summary>Image classification: an image becomes one of some labels.</summary>
internal sealed class ClassifierTask : ITrainedTask
{
    /// <summary>As manifests name it.</summary>
    public const string TaskName = ClassificationTask.Id;

    private const string Part = "--part";
    private const string Curve = "--curve";

    /// <inheritdoc/>
    public string Name => TaskName;

    /// <inheritdoc/>
    public IReadOnlyList<Option> EvaluationOptions
    {
        get
        {
            var part = new Option<string?>(Part) { Description = "Of images: test, held-out or training. Default: test, or held-out where there is no test part." };
            part.AcceptOnlyFromAmong(LabelledImages.Test, LabelledImages.HeldOut, LabelledImages.Training);
            return [part, new Option<bool>(Curve) { Description = "Of a classifier: also every solver at rising budgets." }];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Command> Commands(Func<TrainRequest, CancellationToken, int> train) => [InitCommand.Make(train)];

    /// <inheritdoc/>
    public bool IsRecipeOf(JsonElement recipe) => recipe.TryGetProperty("input", out _);

    /// <inheritdoc/>
    public ITrainingRun Begin(string recipe, TrainingPlace place)
    {
        ClassifierRecipe read = ClassifierRecipe.Read(recipe);
        DirectoryInfo data = place.Data ?? throw new DatasetException(recipe, "A classifier is trained on a directory of images: name it with --data.");
        ImageDataset dataset = DatasetReader.Open(read, data.FullName, DatasetPart.Train);
        return new ClassifierRun(read, new TrainingImages(read, dataset, place.Device), place.Device);
    }

    /// <inheritdoc/>
    public TrainingProgress? ReadEarlier(JsonElement progress) => EarlierProgress.Read(progress, stepsPerEpoch: 1);

    /// <inheritdoc/>
    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        ClassifierRecipe read = ClassifierRecipe.Read(recipe);
        ModelGraphs graphs = ArchitectureCatalogue.Build(read.Architecture, read.Input, progress.OutputNames.Count);
        ModelManifest manifest = BundleParts.Described(read.Name, read.Version, Name, read.Description, read.Input, read.Serving) with
        {
            Labels = progress.OutputNames,
        };
        return new BundleParts
        {
            Manifest = manifest,
            Graphs = graphs,
            Product = VectorJacobian.Of(graphs.Cell, "fz", "z"),
            Seed = read.Seed,
            Trained = ("epochs", $"{new TrainingLog(progress.Log).Count} of {read.Training.Epochs}"),
            Panels = ClassifierRun.Panels,
            Card = Card(read, manifest),
        };
    }

    /// <inheritdoc/>
    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples)
    {
        ClassifierRecipe recipe = ClassifierRecipe.Read(VerifiedRecipe.In(bundle));
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, bundle.Manifest.Labels.Count);
        long[] sizes = [1, recipe.Input.Channels, recipe.Input.Height, recipe.Input.Width];
        List<VerifiedInputs> inputs = [new("random", bundle.Model, sizes, VerifiedInputs.Noise(samples.Count, bundle.Model.InputLength, samples.Seed))];
        if (samples.Data is { } data)
        {
            ImageDataset dataset = LabelledImages.Open(bundle, data, part: null).Dataset;
            inputs.Add(new("real", bundle.Model, sizes, Real(bundle, dataset, samples.Count)));
        }

        return new VerifiedModel
        {
            Graphs = graphs,
            Product = VectorJacobian.Of(graphs.Cell, "fz", "z"),
            Evaluations = Math.Max(1, bundle.Manifest.Defaults.MaxEvaluations / 2),
            Inputs = inputs,
        };
    }

    /// <inheritdoc/>
    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        DirectoryInfo data = request.Data is [var one]
            ? one
            : throw new DatasetException("--data", $"A classifier is measured on one directory of images; these are {request.Data.Count}.");
        LabelledImages images = LabelledImages.Open(bundle, data, request.Options.Value<string>(Part));
        var evaluation = new BundleEvaluation(bundle, images.Dataset, images.Indices, request.Threads, request.Clock);
        EvaluationSummary summary = EvaluationSummary.Measure(
            bundle.Manifest,
            evaluation,
            request.Defaults,
            images.Description,
            withCurve: request.IsForCard || request.Options.Value<bool>(Curve),
            report => request.Report(EvaluationTable.Line(report)));
        return summary.Page(Path.GetFileName(bundle.Directory));
    }

    private static CardText Card(ClassifierRecipe recipe, ModelManifest manifest) => new()
    {
        Facts =
        [
            $"**Task**: {manifest.Task}; labels: {string.Join(", ", manifest.Labels)}.",
            $"**Input**: {manifest.Input.Channels}×{manifest.Input.Height}×{manifest.Input.Width}; other sizes are resized ({manifest.Input.Resize}).",
            $"**Solve by default**: {manifest.Defaults.Solver}, relative residual {manifest.Defaults.Tolerance:G3}, "
                + $"at most {manifest.Defaults.MaxEvaluations} evaluations.",
        ],
        Training = $"{recipe.Dataset.ValidationShare:P0} of each class was held out and chose the epoch.",
        TrainCommand = $"train models/{manifest.Name}/recipe.json --data <dir>",
        ExportOptions = " --data <dir>",
        Curves = "loss, accuracy, evaluations, residual and spectral radius by epoch",
        Limits = "The model knows its labels only and always answers with one of them. Probabilities are not calibrated. "
            + "A small residual says that the fixed point was found, not that the answer is right or the fixed point unique.",
    };

    private static float[][] Real(ModelBundle bundle, ImageDataset dataset, int count)
    {
        var images = new ImageBatches(dataset, bundle.Manifest.Input);
        float[][] inputs = new float[Math.Min(count, dataset.Count)][];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = new float[images.ImageSize];
            images.Fill([(int)((long)i * dataset.Count / inputs.Length)], epoch: 0, inputs[i], new long[1]);
        }

        return inputs;
    }
}
