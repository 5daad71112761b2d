using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>What a format is asked to read.</summary>
/// <param name="Directory">Where the data set lies.</param>
/// <param name="Part">Which images of it.</param>
/// <param name="Input">The size that the images must have, or be brought to.</param>
/// <param name="Labels">Class names by index; null takes the data set's own.</param>
internal sealed record DatasetRequest(string Directory, DatasetPart Part, ImageInput Input, IReadOnlyList<string>? Labels)
{
    /// <summary>Whether classes may be without images: to measure some of them is enough, to train none may be. Default false.</summary>
    public bool MayMissClasses { get; init; }
}
