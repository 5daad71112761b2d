namespace Deq.Export.Datasets;

/// <summary>A data set that cannot be read: which file or folder, what is wrong with it, and what was expected.</summary>
internal class DatasetException : Exception
{
    /// <summary>A data set that cannot be read.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="fault">What is wrong and what was expected, in sentences.</param>
    /// <param name="cause">What the operating system or decompressor said, if it was that.</param>
    public DatasetException(string path, string fault, Exception? cause = null)
        : base($"{path}: {fault}", cause)
    {
        Path = path;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }
}
