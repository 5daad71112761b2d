using System.Diagnostics;

namespace Deq.Testing.Bundles;

/// <summary>A folder for one spec, deleted with everything in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The folder, which exists.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("deq-").FullName;

    /// <summary>A path in the folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a pipe in the folder, which Windows cannot, and gives its path. Who opens it waits for the other end.</summary>
    public string MakePipe(string name)
    {
        using Process made = Process.Start("mkfifo", [this[name]]);
        return made.WaitForExit(TimeSpan.FromSeconds(30)) && made.ExitCode == 0 ? this[name] : throw new IOException($"mkfifo makes no pipe at {this[name]}.");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
