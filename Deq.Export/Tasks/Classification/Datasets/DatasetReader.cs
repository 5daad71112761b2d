using Deq.Export.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Opens a directory of labelled images as a recipe says.</summary>
internal static class DatasetReader
{
    /// <summary>The name that leaves the format to what the directory holds.</summary>
    public const string Recognise = "auto";

    /// <summary>Reads one part of a data set into memory, to train by a recipe.</summary>
    /// <param name="recipe">Its data set's format, its input's size and, when it names them, its labels.</param>
    /// <param name="directory">Where the data set lies.</param>
    /// <param name="part">Which images of it.</param>
    /// <exception cref="DatasetException">The directory or a file in it is missing or faulty, or the images do not fit the recipe.</exception>
    public static ImageDataset Open(ClassifierRecipe recipe, string directory, DatasetPart part) =>
        Open(recipe.Dataset.Format, new DatasetRequest(directory, part, recipe.Input, recipe.Labels));

    /// <summary>Reads one part of a data set to measure a model; some of its classes may be without images.</summary>
    /// <param name="formatName">A name in <see cref="DatasetFormats"/>, or <see cref="Recognise"/>.</param>
    /// <param name="directory">Where the data set lies.</param>
    /// <param name="part">Which images of it.</param>
    /// <param name="input">The size that the images must have, or be brought to.</param>
    /// <param name="labels">Class names by index, which the model numbers its answers by; null takes the data set's own.</param>
    /// <exception cref="DatasetException">As above.</exception>
    public static ImageDataset Open(
        string formatName, string directory, DatasetPart part, ImageInput input, IReadOnlyList<string>? labels) =>
        Open(formatName, new DatasetRequest(directory, part, input, labels) { MayMissClasses = true });

    private static ImageDataset Open(string formatName, DatasetRequest request)
    {
        ImageDataset dataset = Read(formatName, request);
        ImageInput input = request.Input;
        return Fits(dataset, input)
            ? dataset
            : throw new DatasetException(request.Directory, $"Its images are [{dataset.Channels}, {dataset.Height}, {dataset.Width}]; "
                + $"the recipe's input is [{input.Channels}, {input.Height}, {input.Width}] (channels, height, width).");
    }

    private static ImageDataset Read(string formatName, DatasetRequest request)
    {
        string directory = request.Directory;
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        try
        {
            return Choose(formatName, directory).Read(request);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(directory, fault.Message, fault);
        }
    }

    /// <summary>Reads the training part of a data set of which nothing is known yet.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="wanted">The size that images of a folder are brought to; other formats keep the size of their images.</param>
    /// <exception cref="DatasetException">It cannot be read.</exception>
    public static ImageDataset Survey(string directory, ImageInput wanted) => Read(Recognise, new DatasetRequest(directory, DatasetPart.Train, wanted, Labels: null));

    private static IDatasetFormat Choose(string name, string directory)
    {
        IDatasetFormat? chosen = name == Recognise
            ? DatasetFormats.All.FirstOrDefault(format => format.Recognises(directory))
            : DatasetFormats.All.FirstOrDefault(format => format.Name == name);
        if (chosen is not null)
        {
            return chosen;
        }

        throw new DatasetException(directory, name == Recognise
            ? $"Its format is not recognised. {string.Join(" ", DatasetFormats.All.Select(format => $"{format.Name} holds {format.Contents}."))}"
            : $"No format is called \"{name}\". Known: {Recognise}, {string.Join(", ", DatasetFormats.Names)}.");
    }

    private static bool Fits(ImageDataset dataset, ImageInput input) =>
        dataset.Channels == input.Channels && dataset.Height == input.Height && dataset.Width == input.Width;
}
