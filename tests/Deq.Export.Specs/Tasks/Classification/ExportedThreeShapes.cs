using System.Diagnostics;
using Deq.Export.Specs.Fixtures;

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
    public static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Starts Deq.Export; its output can be read.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            UseShellExecute = false,
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
