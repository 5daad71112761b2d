using System.Diagnostics;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

public sealed class BundleFilesSpecs
{
    [Theory]
    [InlineData("manifest.json")]
    [InlineData("cell.onnx")]
    [InlineData("labels.txt")]
    public async Task That_are_pipes_are_a_fault_and_not_waited_for(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        using var folder = new TemporaryFolder();
        TinyBundle.Write(folder["tiny"]);
        string manifest = Path.Combine(folder["tiny"], "manifest.json");
        string path = Path.Combine(folder["tiny"], name);
        if (!File.Exists(path))
        {
            File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"files\": {", $"\"files\": {{ \"{name}\": \"{new string('0', 64)}\",", StringComparison.Ordinal));
        }

        File.Delete(path);
        using (Process pipe = Process.Start("mkfifo", [path]))
        {
            await Bounded.End(pipe, TestContext.Current.CancellationToken);
        }

        Task<Exception?> opening = Task.Factory.StartNew(
            () => Record.Exception(() => ModelBundle.Open(folder["tiny"], new ExecutionOptions())), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Exception? refusal = await opening.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Contains(Assert.IsType<BundleException>(refusal).Faults, fault => fault.StartsWith(name, StringComparison.Ordinal));
    }

    [Fact]
    public void That_are_larger_than_an_array_are_a_fault_that_names_their_size()
    {
        using var folder = new TemporaryFolder();
        TinyBundle.Write(folder["tiny"]);
        using (FileStream cell = File.OpenWrite(Path.Combine(folder["tiny"], "cell.onnx")))
        {
            cell.SetLength(3L << 30);
        }

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder["tiny"], new ExecutionOptions()));

        Assert.Contains("cell.onnx has 3221225472 bytes; a graph holds at most 2 GB.", refusal.Faults);
    }

    [Fact]
    public void That_cannot_be_listed_are_a_fault()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Every folder can be read here.");
        using var folder = new TemporaryFolder();
        TinyBundle.Write(folder["tiny"]);
        string closed = Directory.CreateDirectory(Path.Combine(folder["tiny"], "closed")).FullName;
        SetMode(UnixFileMode.None);

        Exception? refusal = Record.Exception(() => ModelBundle.Open(folder["tiny"], new ExecutionOptions()));
        SetMode(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Assert.Contains(Assert.IsType<BundleException>(refusal).Faults, fault => fault.StartsWith("The folder cannot be listed", StringComparison.Ordinal));

        void SetMode(UnixFileMode mode)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(closed, mode);
            }
        }
    }
}
