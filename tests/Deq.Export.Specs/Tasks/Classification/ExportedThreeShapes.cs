using System.Diagnostics;
using Deq.Export.Specs.Fixtures;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Classification;

/// <summary>A small model taken the whole way by the command line: trained from files on disk, exported, measured.</summary>
public sealed class ExportedThreeShapes : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public string Bundle => _folder.File("models/shapes");

    public string Images => _folder.File("data");

    public async ValueTask InitializeAsync()
    {
        ThreeShapes.WriteIdx(_folder, count: 120);
        System.Text.Json.Nodes.JsonObject json = ThreeShapes.Recipe(epochs: 12);
        json["labels"] = new System.Text.Json.Nodes.JsonArray("lying", "standing", "frame");
        string recipe = _folder.Write("recipe.json", ThreeShapes.Bytes(json));
        await SucceedAsync("train", recipe, "--data", Images, "--output", _folder.File("run"));
        await SucceedAsync("export", _folder.File("run"), "--output", Bundle, "--data", Images);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    public void CopyTo(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(Bundle))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }
    }

    public static void ReplacePart(string bundle, string part, string by) =>
        File.Copy(Path.Combine(bundle, by), Path.Combine(bundle, part), overwrite: true);

    /// <summary>Runs Deq.Export as a process of its own, as a user does.</summary>
    public static Task<(int Code, string Output)> RunAsync(params string[] arguments) => RunIn(Directory.GetCurrentDirectory(), arguments);

    /// <summary>Runs Deq.Export in a working directory.</summary>
    public static async Task<(int Code, string Output)> RunIn(string directory, params string[] arguments)
    {
        using Process process = Start(directory, arguments);
        (string output, string errors) = await Bounded.End(process, TestContext.Current.CancellationToken);
        return (process.ExitCode, output + errors);
    }

    /// <summary>Starts Deq.Export; its output can be read.</summary>
    public static Process Start(params string[] arguments) => Start(Directory.GetCurrentDirectory(), arguments);

    private static Process Start(string directory, string[] arguments)
    {
        // Processes that a shell starts in the background ignore the interrupt, and so would all that they start: env gives it its meaning back.
        string dotnet = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : dotnet, OperatingSystem.IsLinux() ? ["--default-signal=INT", dotnet] : [])
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Deq.Export.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task SucceedAsync(params string[] arguments)
    {
        (int code, string output) = await RunAsync(arguments);
        Assert.True(code == 0, output);
    }
}
