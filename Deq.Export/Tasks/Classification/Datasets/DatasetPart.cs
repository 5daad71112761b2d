namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Which images of a data set.</summary>
public enum DatasetPart
{
    /// <summary>Those to train and validate with.</summary>
    Train,

    /// <summary>Those that only measure the finished model.</summary>
    Test,
}
