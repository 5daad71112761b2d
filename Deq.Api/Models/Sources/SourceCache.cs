using System.Security.Cryptography;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Api.Models.Sources;

/// <summary>The folder of fetched bundles, each in a folder that is named after the hash of its manifest. Processes may share it.</summary>
internal sealed class SourceCache
{
    /// <summary>How long nothing of a bundle that is being fetched has come until its process must have ended: a try to fetch a file, and the wait for the next, take less.</summary>
    private static readonly TimeSpan s_leftAfter = TimeSpan.FromHours(1);

    private readonly string _root;
    private readonly ILogger<SourceCache> _logger;

    /// <exception cref="StartupException">The folder cannot be made.</exception>
    public SourceCache(SourceSettings settings, IHostEnvironment host, TimeProvider clock, ILogger<SourceCache> logger)
    {
        _logger = logger;
        if (settings.All.Count == 0)
        {
            _root = "";
            return;
        }

        _root = settings.CacheDirectory is { } folder ? Path.GetFullPath(folder, host.ContentRootPath) : DataFolder.Require("models", "Models:CacheDirectory");
        try
        {
            Directory.CreateDirectory(_root);
            DeleteLeft(clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"Fetched models cannot be kept in '{_root}': {fault.Message} Set Models:CacheDirectory to a folder that can be written.", fault);
        }
    }

    /// <summary>The folder of a bundle all of whose files have their hashes; null where there is none. One with a fault is deleted.</summary>
    public string? Find(ModelSource source)
    {
        string folder = FolderOf(source);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        IReadOnlyList<string> faults = FaultsOf(folder, source);
        if (faults.Count == 0)
        {
            return folder;
        }

        _logger.LogWarning("The fetched bundle of source {Source} in {Folder} is damaged and will be fetched again: {Faults}", source.Name, folder, string.Join(' ', faults));
        Delete(folder);
        return null;
    }

    /// <summary>A new folder for a bundle that is being fetched; the caller's to delete.</summary>
    public string Begin() => Directory.CreateDirectory(Path.Combine(_root, $".{Guid.NewGuid():N}")).FullName;

    /// <summary>Deletes what processes have left that ended while they fetched.</summary>
    private void DeleteLeft(DateTime now)
    {
        foreach (DirectoryInfo begun in new DirectoryInfo(_root).GetDirectories(".*").Where(each => Guid.TryParseExact(each.Name[1..], "N", out _)))
        {
            if (IsLeft(begun, now))
            {
                Delete(begun.FullName);
            }
        }
    }

    private static bool IsLeft(DirectoryInfo begun, DateTime now)
    {
        try
        {
            return begun.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Prepend(begun).All(each => now - each.LastWriteTimeUtc > s_leftAfter);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Another process has just entered it in the cache, or it is another user's.
            return false;
        }
    }

    /// <summary>Makes a fetched bundle one of the cache, and gives its folder.</summary>
    /// <param name="begun">What <see cref="Begin"/> gave, with every file in place.</param>
    /// <param name="source">Where it is from.</param>
    public string Enter(string begun, ModelSource source)
    {
        string folder = FolderOf(source);
        try
        {
            Directory.Move(begun, folder);
        }
        catch (IOException) when (Find(source) is not null)
        {
            // Another process was faster.
        }

        return folder;
    }

    /// <summary>Deletes a folder and everything in it, where it is there.</summary>
    public void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _logger.LogWarning("{Folder} cannot be deleted: {Fault}", folder, fault.Message);
        }
    }

    private static IReadOnlyList<string> FaultsOf(string folder, ModelSource source)
    {
        try
        {
            byte[] manifest = RegularFile.ReadAllBytes(Path.Combine(folder, ModelBundle.ManifestFile));
            return Convert.ToHexStringLower(SHA256.HashData(manifest)) == source.Sha256
                ? BundleListing.Faults(folder)
                : [$"{ModelBundle.ManifestFile} is altered."];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [fault.Message];
        }
    }

    private string FolderOf(ModelSource source) => Path.Combine(_root, source.Sha256);
}
