using System.Security.Cryptography;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Api.Models.Sources;

/// <summary>The folder of fetched bundles, each in a folder that is named after the hash of its manifest. Processes may share it.</summary>
internal sealed class SourceCache
{
    private readonly string _root;
    private readonly ILogger<SourceCache> _logger;

    /// <exception cref="StartupException">The folder cannot be made.</exception>
    public SourceCache(SourceSettings settings, IHostEnvironment host, ILogger<SourceCache> logger)
    {
        _logger = logger;
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        _root = settings.CacheDirectory is { } folder
            ? Path.GetFullPath(folder, host.ContentRootPath)
            : Path.Combine(data.Length > 0 ? data : Path.GetTempPath(), "deq", "models");
        if (settings.All.Count == 0)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_root);
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
