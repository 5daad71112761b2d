namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Which images of a data set.</summary>
internal enum DatasetPart
{
    /// <summary>Those to train and validate with.</summary>
    Train,

    /// <summary>Those that only measure the finished model.</summary>
    Test,

    /// <summary>The same; of a folder with the classes alone, and neither part, all that it holds. Of models whose training part is not known.</summary>
    TestOrWhole,
}
