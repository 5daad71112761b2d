using Deq.Export.Graphs;
using Deq.Export.Training;
using Deq.Runtime.Models;

namespace Deq.Export.Bundling;

/// <summary>What a task says of a checkpoint on its way into a bundle.</summary>
internal sealed record BundleParts
{
    /// <summary>Name, task, input, defaults and whatever else the task knows; graphs, provenance and hashes are filled in.</summary>
    public required ModelManifest Manifest { get; init; }

    /// <summary>Encoder, cell and decoder.</summary>
    public required ModelGraphs Graphs { get; init; }

    /// <summary>uᵀ·∂f/∂z as a graph; null leaves it out.</summary>
    public Graph? Product { get; init; }

    /// <summary>The graphs of joint inference; null leaves them out.</summary>
    public JointGraphs? Joint { get; init; }

    /// <summary>Seed that parameters are drawn from before they are read.</summary>
    public required int Seed { get; init; }

    /// <summary>How long it was trained, such as <c>("epochs", "3 of 12")</c>; goes into the provenance.</summary>
    public required (string Unit, string Count) Trained { get; init; }

    /// <summary>More of the provenance, by name.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the picture of the log.</summary>
    public required IReadOnlyList<PlotPanel> Panels { get; init; }

    /// <summary>What the card says.</summary>
    public required CardText Card { get; init; }

    /// <summary>A manifest with what every task says of its recipe; graphs and provenance come later.</summary>
    public static ModelManifest Described(string name, string version, string task, string description, ImageInput input, SolveDefaults defaults) => new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = name,
        Version = version,
        Task = task,
        Description = description,
        Input = input,
        Encoder = Unwritten,
        Cell = Unwritten,
        Decoder = Unwritten,
        Defaults = defaults,
        Files = new Dictionary<string, string>(),
    };

    private static ModelPart Unwritten { get; } = new("", [], []);
}

/// <summary>What a card says in a task's own words. Sentences end with a full stop.</summary>
internal sealed record CardText
{
    /// <summary>Lines of the list at the top: what goes in and out, and the solve by default.</summary>
    public required IReadOnlyList<string> Facts { get; init; }

    /// <summary>What it was trained on and how that chose the weights.</summary>
    public required string Training { get; init; }

    /// <summary>The command that trains it again, without the path of the program: <c>train models/x/recipe.json …</c>.</summary>
    public required string TrainCommand { get; init; }

    /// <summary>Options of <c>export</c> that it was measured with; empty for none.</summary>
    public string ExportOptions { get; init; } = "";

    /// <summary>What the curves show, for those who cannot see them.</summary>
    public required string Curves { get; init; }

    /// <summary>Where it fails and what it does not say.</summary>
    public required string Limits { get; init; }
}
