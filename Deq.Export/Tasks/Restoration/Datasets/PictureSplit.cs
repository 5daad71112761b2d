namespace Deq.Export.Tasks.Restoration.Datasets;

/// <summary>Which pictures of a directory a training holds out: by name the last of every so many, and of fewer the last. One picture alone is trained on and validated on.</summary>
/// <param name="Count">Pictures, at least 1.</param>
/// <param name="HeldOutEvery">As of the recipe, at least 2.</param>
internal sealed record PictureSplit(int Count, int HeldOutEvery)
{
    /// <summary>One picture of so many is held out.</summary>
    public int Every => Math.Min(HeldOutEvery, Count);

    /// <summary>Whether there are pictures to train on beside those that are held out.</summary>
    public bool HoldsOut => Count > 1;

    /// <summary>How many are validated on.</summary>
    public int HeldOut => Count / Every;

    /// <summary>As checkpoints and manifests keep it.</summary>
    public string Text => $"{Count} pictures, {HeldOut} held out";

    /// <summary>Whether the picture at a place, counted from 0, is held out.</summary>
    public static bool IsHeldOut(int place, int every) => place % every == every - 1;
}
