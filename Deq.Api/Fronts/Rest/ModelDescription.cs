using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Api.Fronts.Rest;

/// <summary>A model as clients see it.</summary>
internal sealed record ModelDescription
{
    /// <summary>The name in paths.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What the model does.</summary>
    public required string Task { get; init; }

    /// <summary>One sentence.</summary>
    public required string Description { get; init; }

    /// <summary>The tensor that an image of any size becomes, <c>[channels, height, width]</c>, or which sizes it takes and what each becomes.</summary>
    public required ImageInput? Input { get; init; }

    /// <summary>Class names by index; none where the answer has no classes.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The names that <c>solver</c> takes.</summary>
    public required IReadOnlyList<string> Solvers { get; init; }

    /// <summary>What a request gets that asks for nothing.</summary>
    public required SolveSettings Defaults { get; init; }

    /// <summary>The names that <c>budget</c> takes, with what a request gets that gives one.</summary>
    public required IReadOnlyList<BudgetProfile> Budgets { get; init; }

    /// <summary>The most that a request gets.</summary>
    public required ModelLimits Limits { get; init; }

    /// <summary>Measured quality by name.</summary>
    public required IReadOnlyDictionary<string, double> Quality { get; init; }

    /// <summary>What the state holds, where the manifest says it; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public object? State { get; init; }

    /// <summary>Sections of the manifest that only models of the same task have, by name; left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IDictionary<string, JsonElement>? Sections { get; init; }

    internal static ModelDescription Of(ServedModel model, ModelBudgets budgets, RequestLimits limits)
    {
        (ModelManifest manifest, SolveDefaults solve) = (model.Manifest, model.Manifest.Defaults);
        return new ModelDescription
        {
            Name = manifest.Name,
            Version = manifest.Version,
            Sha256 = model.Sha256,
            Task = manifest.Task,
            Description = manifest.Description,
            Input = manifest.HasImages ? manifest.Input : null,
            Labels = manifest.Labels,
            Solvers = FixedPointMethods.Names,
            Defaults = new SolveSettings(solve.Solver, solve.Tolerance, solve.MaxEvaluations, limits.DeadlineMs, SolveGrant.DefaultTop(manifest)),
            Budgets = budgets.All,
            Limits = LimitsOf(manifest, limits),
            Quality = manifest.Quality,
            State = manifest.State,
            Sections = manifest.Sections,
        };
    }

    private static ModelLimits LimitsOf(ModelManifest manifest, RequestLimits limits) => new()
    {
        Tolerance = manifest.Defaults.ToleranceLimit,
        MaxEvaluations = manifest.Defaults.EvaluationsLimit,
        DeadlineMs = limits.DeadlineMs,
        Top = manifest.Labels.Count,
        BodyBytes = limits.BodyBytes,
        Images = limits.Images,
        ImageWidth = limits.ImageWidth,
        ImageHeight = limits.ImageHeight,
        ImagePixels = limits.ImagePixels,
        DecodeMs = limits.DecodeMs,
    };
}

/// <summary>How a request is solved.</summary>
/// <param name="Solver">The fixed-point method.</param>
/// <param name="Tolerance">The residual that is small enough: relative, or in the unit of the model's residual.</param>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
/// <param name="Top">Predictions in the answer; 0 where the answer has no classes.</param>
internal sealed record SolveSettings(string Solver, double Tolerance, int MaxEvaluations, int DeadlineMs, int Top);

/// <summary>The most that a request gets.</summary>
internal sealed record ModelLimits
{
    /// <summary>The smallest tolerance.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The most evaluations.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>The longest deadline, milliseconds.</summary>
    public required int DeadlineMs { get; init; }

    /// <summary>The most predictions: the number of labels.</summary>
    public required int Top { get; init; }

    /// <summary>Bytes of a body.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Images of a request.</summary>
    public required int Images { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageWidth { get; init; }

    /// <summary>Pixels.</summary>
    public required int ImageHeight { get; init; }

    /// <summary>Width times height.</summary>
    public required int ImagePixels { get; init; }

    /// <summary>Milliseconds to decode one image.</summary>
    public required int DecodeMs { get; init; }
}

/// <summary>The models of a server.</summary>
/// <param name="Models">In the order of their names.</param>
/// <param name="Awaited">Models that are fetched from elsewhere and not loaded so far.</param>
internal sealed record ModelList(IReadOnlyList<ModelDescription> Models, IReadOnlyList<SourceState> Awaited);
