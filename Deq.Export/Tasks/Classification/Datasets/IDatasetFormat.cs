using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>One way to store labelled images in a directory.</summary>
internal interface IDatasetFormat
{
    /// <summary>The name in recipes.</summary>
    string Name { get; }

    /// <summary>What such a directory contains, in words that follow "holds".</summary>
    string Contents { get; }

    /// <summary>Whether the directory looks like this format, judged by names alone.</summary>
    bool Recognises(string directory);

    /// <summary>Reads one part.</summary>
    /// <exception cref="DatasetException">The part is missing or faulty.</exception>
    ImageDataset Read(DatasetRequest request);
}
