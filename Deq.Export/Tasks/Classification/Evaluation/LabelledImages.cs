using Deq.Export.Bundling;
using Deq.Export.Datasets;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification.Evaluation;

/// <summary>Images to measure a bundle on, and what they are in words.</summary>
/// <param name="Dataset">The images.</param>
/// <param name="Indices">Which of them.</param>
/// <param name="Description">For tables and cards.</param>
internal sealed record LabelledImages(ImageDataset Dataset, IReadOnlyList<int> Indices, string Description)
{
    public const string Test = "test";
    public const string HeldOut = "held-out";
    public const string Training = "training";

    /// <summary>Opens a part of a data set as the bundle's recipe says; classes are numbered as the bundle's labels are, and some may be without images.</summary>
    /// <param name="bundle">The model.</param>
    /// <param name="directory">Where the data set lies.</param>
    /// <param name="part"><c>test</c> (without a recipe also a folder of the classes alone), <c>held-out</c> (the share of the training images
    /// that chose the weights), <c>training</c>; null is test, or held-out without one. Of other images than those of the bundle's training
    /// <c>held-out</c> and <c>training</c> are all that are there.</param>
    /// <exception cref="DatasetException">The images cannot be read, or a folder is no class of the model.</exception>
    /// <exception cref="DatasetException">The held-out share is asked of a bundle without a recipe.</exception>
    public static LabelledImages Open(ModelBundle bundle, DirectoryInfo directory, string? part)
    {
        ClassifierRecipe? recipe = Recipe(bundle);
        return part switch
        {
            Test => OpenTest(bundle, recipe, directory),
            HeldOut or Training => OpenTraining(bundle, recipe, directory, part),
            _ => OpenAny(bundle, recipe, directory),
        };
    }

    private static LabelledImages OpenAny(ModelBundle bundle, ClassifierRecipe? recipe, DirectoryInfo directory)
    {
        try
        {
            return OpenTest(bundle, recipe, directory);
        }
        catch (MissingPartException) when (recipe is not null)
        {
            return OpenTraining(bundle, recipe, directory, HeldOut);
        }
    }

    private static LabelledImages OpenTest(ModelBundle bundle, ClassifierRecipe? recipe, DirectoryInfo directory)
    {
        ImageDataset dataset = Read(bundle, recipe, directory, recipe is null ? DatasetPart.TestOrWhole : DatasetPart.Test);
        return new LabelledImages(dataset, All(dataset), $"{dataset.Count} test images");
    }

    private static LabelledImages OpenTraining(ModelBundle bundle, ClassifierRecipe? recipe, DirectoryInfo directory, string part)
    {
        if (recipe is null)
        {
            throw new DatasetException(directory.FullName, $"The bundle carries no {BundleFileNames.Recipe}, so which images were held out is not known.");
        }

        ImageDataset dataset = Read(bundle, recipe, directory, DatasetPart.Train);
        DatasetSplit split = recipe.Dataset.Split(dataset, recipe.Seed);
        string? trained = bundle.Manifest.Provenance.GetValueOrDefault(BundleContents.Split);
        if (trained is not null && trained != split.Fingerprint)
        {
            return new LabelledImages(dataset, All(dataset), $"{dataset.Count} images, not those {(part == HeldOut ? "held out of training" : "that trained the weights")}");
        }

        if (part == HeldOut && split.Validation.Length == 0)
        {
            throw new DatasetException(directory.FullName, "Every class has a single image, so none was held out of training.");
        }

        return (part == HeldOut, trained is not null) switch
        {
            (true, true) => new LabelledImages(dataset, split.Validation, $"{split.Validation.Length} images of the training part, held out of training"),
            (true, false) => new LabelledImages(
                dataset, split.Validation, $"{split.Validation.Length} images of the training part; whether they were held out of training is not known"),
            (false, true) => new LabelledImages(dataset, split.Train, $"{split.Train.Length} images that trained the weights"),
            (false, false) => new LabelledImages(
                dataset, split.Train, $"{split.Train.Length} images of the training part; whether they trained the weights is not known"),
        };
    }

    private static ImageDataset Read(ModelBundle bundle, ClassifierRecipe? recipe, DirectoryInfo directory, DatasetPart part) => DatasetReader.Open(
        recipe?.Dataset.Format ?? DatasetReader.Recognise, directory.FullName, part, recipe?.Input ?? bundle.Manifest.Input, bundle.Manifest.Labels);

    private static int[] All(ImageDataset dataset) => [.. Enumerable.Range(0, dataset.Count)];

    private static ClassifierRecipe? Recipe(ModelBundle bundle)
    {
        string path = Path.Combine(bundle.Directory, BundleFileNames.Recipe);
        return File.Exists(path) ? ClassifierRecipe.Read(path) : null;
    }
}
