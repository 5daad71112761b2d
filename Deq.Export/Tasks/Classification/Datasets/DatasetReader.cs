using Deq.Export.Datasets;
using Deq.Export.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Opens a directory of labelled images as a recipe says.</summary>
public static class DatasetReader
{
    /// <summary>The name that leaves the format to what the directory holds.</summary>
    public const string Recognise = "auto";

    /// <summary>Reads one part of a data set into memory.</summary>
    /// <param name="recipe">Its data set's format, its input's size and, when it names them, its labels.</param>
    /// <param name="directory">Where the data set lies.</param>
    /// <param name="part">Which images of it.</param>
    /// <exception cref="DatasetException">The directory or a file in it is missing or faulty, or the images do not fit the recipe.</exception>
    public static ImageDataset Open(TrainingRecipe recipe, string directory, DatasetPart part) =>
        Open(recipe.Dataset.Format, directory, part, recipe.Input, recipe.Labels);

    /// <summary>Reads one part of a data set for a model without a recipe.</summary>
    /// <param name="formatName">A name in <see cref="DatasetFormats"/>, or <see cref="Recognise"/>.</param>
    /// <param name="directory">Where the data set lies.</param>
    /// <param name="part">Which images of it.</param>
    /// <param name="input">The size that the images must have, or be brought to.</param>
    /// <param name="labels">Class names by index; null takes the data set's own.</param>
    /// <exception cref="DatasetException">As above.</exception>
    public static ImageDataset Open(
        string formatName, string directory, DatasetPart part, ImageInput input, IReadOnlyList<string>? labels)
    {
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        IDatasetFormat format = Choose(formatName, directory);
        ImageDataset dataset;
        try
        {
            dataset = format.Read(new DatasetRequest(directory, part, input, labels));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(directory, fault.Message, fault);
        }

        return Fits(dataset, input)
            ? dataset
            : throw new DatasetException(directory, $"Its images are [{dataset.Channels}, {dataset.Height}, {dataset.Width}]; "
                + $"the recipe's input is [{input.Channels}, {input.Height}, {input.Width}] (channels, height, width).");
    }

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
