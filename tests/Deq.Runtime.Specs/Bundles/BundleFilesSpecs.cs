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
}
