namespace Deq.Export.Datasets;

/// <summary>A data set has no such part at all, as opposed to a part that is there and faulty.</summary>
/// <param name="path">The data set's folder.</param>
/// <param name="fault">What was looked for, in sentences.</param>
internal sealed class MissingPartException(string path, string fault) : DatasetException(path, fault);
