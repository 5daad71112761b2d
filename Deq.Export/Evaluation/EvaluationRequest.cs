using System.CommandLine;
using System.Text.Json;
using Deq.Runtime.Models;

namespace Deq.Export.Evaluation;

/// <summary>What a bundle is measured on, and how.</summary>
internal sealed record EvaluationRequest
{
    /// <summary>Data sets, at least one.</summary>
    public required IReadOnlyList<DirectoryInfo> Data { get; init; }

    /// <summary>Solver, tolerance and budget that are measured.</summary>
    public required SolveDefaults Defaults { get; init; }

    /// <summary>Threads that solve, at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether everything that the model card shows is measured.</summary>
    public bool IsForCard { get; init; }

    /// <summary>The task's own options.</summary>
    public TaskOptions Options { get; init; } = new(null);

    /// <summary>Takes a line after each measurement.</summary>
    public required Action<string> Report { get; init; }

    /// <summary>Measures time.</summary>
    public required TimeProvider Clock { get; init; }
}

/// <summary>Values of options that one task adds to <c>evaluate</c>.</summary>
/// <param name="given">What was parsed; null gives none.</param>
internal sealed class TaskOptions(ParseResult? given)
{
    /// <summary>An option's value, or the default of its type.</summary>
    /// <param name="name">With its hyphens.</param>
    public T? Value<T>(string name) => given is null ? default : given.GetValue<T>(name);
}

/// <summary>What an evaluation found.</summary>
internal sealed record EvaluationPage
{
    /// <summary>The result in one sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>The tables as a Markdown document.</summary>
    public required string Markdown { get; init; }

    /// <summary>The numbers, to be written as JSON.</summary>
    public required object Numbers { get; init; }

    /// <summary>The numbers that a manifest keeps, by name.</summary>
    public required IReadOnlyDictionary<string, double> Quality { get; init; }

    /// <summary>The card's section on quality, Markdown without its heading.</summary>
    public required string Card { get; init; }

    /// <summary>Sections of the manifest that say what was measured, by name. Default none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Sections { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Pictures that the card shows, and other files that it names, by file name.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>();
}
