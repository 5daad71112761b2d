using Deq.Export.Training;

namespace Deq.Export.Bundling;

/// <summary>Where a checkpoint is, given what a user names.</summary>
internal static class CheckpointPath
{
    /// <summary>The checkpoint's directory.</summary>
    /// <param name="path">A checkpoint's directory, or a run's directory that holds one.</param>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static string Find(string path)
    {
        foreach (string candidate in (string[])[path, Path.Combine(path, "best"), Path.Combine(path, "checkpoint")])
        {
            if (Checkpoint.Find(candidate) is { } found)
            {
                return found;
            }
        }

        throw new InvalidDataException($"{path} holds no checkpoint: expected a directory that train has written.");
    }
}
