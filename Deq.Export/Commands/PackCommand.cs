using System.CommandLine;
using System.Globalization;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Packing;
using Deq.Export.Tasks;
using Deq.Runtime.Models;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary>What is packed, and where to.</summary>
internal sealed record PackRequest
{
    /// <summary>Encoder, cell and decoder.</summary>
    public required IReadOnlyList<FileInfo> Graphs { get; init; }

    /// <summary>The vector–Jacobian product; null for none.</summary>
    public FileInfo? Product { get; init; }

    /// <summary>The bundle's directory.</summary>
    public required string Output { get; init; }

    /// <summary>The bundle's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Description { get; init; }

    /// <summary>The task's name; null finds it by the options given.</summary>
    public string? Task { get; init; }

    /// <summary>The extents of the input without the batch; null takes the graph's.</summary>
    public IReadOnlyList<int>? InputShape { get; init; }

    /// <summary>The solve by default.</summary>
    public required SolveDefaults Defaults { get; init; }

    /// <summary>The longest that one run of a graph may take.</summary>
    public required TimeSpan Longest { get; init; }

    /// <summary>Whether a bundle that is there already is replaced.</summary>
    public bool IsReplaced { get; init; }
}

/// <summary><c>pack encode.onnx cell.onnx decode.onnx</c>: makes a bundle of graphs that another program exported.</summary>
internal sealed class PackCommand
{
    private readonly Argument<FileInfo> _encoder = new("encoder") { Description = "input ↦ x, and whatever else cell and decoder take." };
    private readonly Argument<FileInfo> _cell = new("cell") { Description = "(z, x) ↦ f(z, x)." };
    private readonly Argument<FileInfo> _decoder = new("decoder") { Description = "z* ↦ output." };
    private readonly Option<FileInfo?> _product = new("--vjp") { Description = "(z, x, u) ↦ uᵀ·∂f/∂z, for exact spectral radii." };
    private readonly Option<DirectoryInfo?> _output = new("--output") { Description = "The bundle. Default: models/<name>." };
    private readonly Option<string?> _name = new("--name") { Description = "1 to 64 lower-case letters, digits and hyphens. Default: the name of --output." };
    private readonly Option<string> _version = new("--model-version") { Description = "The model's own version. Default 1.0.0.", DefaultValueFactory = _ => "1.0.0" };
    private readonly Option<string> _description = new("--description") { Description = "One sentence for people.", DefaultValueFactory = _ => "" };
    private readonly Option<string?> _shape = new("--input-shape") { Description = "The input's extents without the batch, such as 3,32,32, where the encoder leaves them open." };
    private readonly Option<double> _longest = new("--longest") { Description = "The longest that one run of a graph may take, 0.01 to 60 seconds; a server allows 60 for all. Default 60.", DefaultValueFactory = _ => 60 };
    private readonly Option<bool> _replace = SharedOptions.Replace();
    private readonly PackedSolve _solve = new();

    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be packed.</param>
    public static Command Make(PackedTasks tasks) => new PackCommand().Build(tasks);

    private Command Build(PackedTasks tasks)
    {
        var task = new Option<string?>("--task") { Description = $"{string.Join(" or ", tasks.Names)}. Default: the task whose own options are given." };
        task.AcceptOnlyFromAmong([.. tasks.Names]);
        _longest.Require(seconds => seconds is >= 0.01 and <= 60, "--longest is 0.01 to 60 seconds.");
        var command = new Command("pack", "Makes a bundle of graphs that PyTorch or another program exported, or names every fault with its mend.")
        {
            _encoder, _cell, _decoder, _product, _output, _name, _version, _description, task, _shape, _longest, _replace,
        };
        foreach (Option option in _solve.Options.Concat(tasks.Options))
        {
            command.Add(option);
        }

        command.SetAction(result =>
        {
            var answers = new PackAnswers(result);
            ModelManifest written = PackRun.Run(tasks, Request(result, result.GetValue(task), answers), answers);
            AnsiConsole.Profile.Out.Writer.WriteLine(
                $"Wrote {Target(result)}: {written.Task}, state [{string.Join(", ", written.Cell.Inputs[0].Shape)}]. It opens and runs; `check {Target(result)}` measures it.");
        });
        return command;
    }

    private PackRequest Request(ParseResult result, string? task, PackAnswers answers)
    {
        string target = Target(result);
        string name = result.GetValue(_name) ?? Path.GetFileName(target);
        if (name.Length == 0)
        {
            answers.Ask("--name is missing: what the model is called, 1 to 64 lower-case letters, digits and hyphens.");
        }

        return new PackRequest
        {
            Graphs = [result.GetRequiredValue(_encoder), result.GetRequiredValue(_cell), result.GetRequiredValue(_decoder)],
            Product = result.GetValue(_product),
            Output = target.Length == 0 ? BundleTarget.Of("unnamed") : target,
            Name = name.Length == 0 ? "unnamed" : name,
            Version = result.GetRequiredValue(_version),
            Description = result.GetRequiredValue(_description),
            Task = task,
            InputShape = Shape(result.GetValue(_shape), answers),
            Defaults = _solve.Read(result),
            Longest = TimeSpan.FromSeconds(result.GetValue(_longest)),
            IsReplaced = result.GetValue(_replace),
        };
    }

    private string Target(ParseResult result) => result.GetValue(_output) is { } output ? Path.TrimEndingDirectorySeparator(output.FullName)
        : result.GetValue(_name) is { } name ? BundleTarget.Of(name)
        : "";

    private int[]? Shape(string? text, PackAnswers answers)
    {
        if (text is null)
        {
            return null;
        }

        int[] extents = [.. text.Split(',', 'x').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int extent) ? extent : 0)];
        if (extents.All(extent => extent >= 1))
        {
            return extents;
        }

        answers.Ask($"{_shape.Name} is '{text}'; it is the input's extents without the batch, such as 3,32,32.");
        return null;
    }
}
