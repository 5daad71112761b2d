using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Runtime.Scheduling.Layouts;

/// <summary>What a model's layouts were measured to cost on one kind of machine, in a file. A file that cannot be used is measured anew.</summary>
internal sealed class LayoutCache
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string? _path;
    private readonly string _machine;
    private readonly string _model;

    /// <param name="directory">The folder; null keeps nothing.</param>
    /// <param name="machine">Names the kind of machine and the runtime, such as <see cref="ThisMachine"/>, and what else decides which layouts are tried.</param>
    /// <param name="model">The hash of the model's bundle.</param>
    public LayoutCache(string? directory, string machine, string model)
    {
        (_machine, _model) = (machine, model);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{machine}\n{model}")))[..32];
        _path = directory is null ? null : Path.Combine(directory, $"layouts-{name}.json");
    }

    /// <summary>That of an engine on this machine. What its options give is part of the name: other layouts are tried then.</summary>
    /// <param name="options">The engine's.</param>
    /// <param name="model">The hash of the model's bundle.</param>
    public static LayoutCache Of(EngineOptions options, string model) =>
        new(options.CacheDirectory, $"{ThisMachine()}; {options.Threads} x {options.IntraOpThreads} x {options.RowsPerThread} given", model);

    /// <summary>The processor's name and count, the system, and the versions of .NET and of this library.</summary>
    public static string ThisMachine()
    {
        string library = typeof(LayoutCache).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        return string.Join("; ", ProcessorName(), $"{Environment.ProcessorCount} processors", RuntimeInformation.RuntimeIdentifier,
            RuntimeInformation.FrameworkDescription, library);
    }

    /// <summary>What was measured; null where no file is there, nothing where it cannot be used.</summary>
    public IReadOnlyList<LayoutCost>? Read()
    {
        if (_path is null || !File.Exists(_path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Entry>(RegularFile.ReadAllText(_path), Format) is { } entry
                && entry.Machine == _machine && entry.Model == _model && entry.Costs is { Count: > 0 } costs && costs.All(IsPlausible)
                ? costs
                : [];
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Keeps what was measured. Where the folder cannot be written, the next start measures again.</summary>
    public void Write(IReadOnlyList<LayoutCost> costs)
    {
        if (_path is null)
        {
            return;
        }

        string draft = $"{_path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.WriteAllText(draft, JsonSerializer.Serialize(new Entry(_machine, _model, costs), Format));
            File.Move(draft, _path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Nothing depends on the file: without it the next start measures again.
        }
    }

    private static bool IsPlausible(LayoutCost cost) =>
        cost is { Layout: { Threads: >= 1 and <= EngineOptions.Most, RowsPerThread: >= 1 and <= EngineOptions.Most, IntraOpThreads: >= 1 and <= EngineOptions.Most } }
        && double.IsFinite(cost.MillisecondsPerEvaluation) && cost.MillisecondsPerEvaluation >= 0
        && double.IsFinite(cost.MillisecondsPerRow) && cost.MillisecondsPerRow >= 0;

    private static string ProcessorName()
    {
        const string processors = "/proc/cpuinfo";
        string? line = File.Exists(processors)
            ? File.ReadLines(processors).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>The file's content.</summary>
    private sealed record Entry(string Machine, string Model, IReadOnlyList<LayoutCost>? Costs);
}
