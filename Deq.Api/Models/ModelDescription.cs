using System.Text.Json.Serialization;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Models;

/// <summary>A model as callers see it.</summary>
/// <param name="Name">The name in paths.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the bundle.</param>
/// <param name="Task">What the model does.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Input">
/// The tensor that an image of any size becomes, <c>[channels, height, width]</c>; of a flow estimator which frames it takes, and what each becomes.
/// </param>
/// <param name="Labels">Class names by index; none of a flow estimator.</param>
/// <param name="Solvers">The names that <c>solver</c> takes.</param>
/// <param name="Defaults">What a request gets that asks for nothing.</param>
/// <param name="Budgets">The names that <c>budget</c> takes, with what a request gets that gives one.</param>
/// <param name="Limits">The most that a request gets.</param>
/// <param name="Quality">Measured quality by name.</param>
public sealed record ModelDescription(
    string Name,
    string Version,
    string Sha256,
    string Task,
    string Description,
    ImageInput Input,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Solvers,
    SolveSettings Defaults,
    IReadOnlyList<BudgetProfile> Budgets,
    ModelLimits Limits,
    IReadOnlyDictionary<string, double> Quality)
{
    /// <summary>What the state of a flow estimator holds; left out of others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FlowState? State { get; init; }


    internal static ModelDescription Of(ServedModel model, ModelBudgets budgets, RequestLimits limits)
    {
        (ModelManifest manifest, SolveDefaults solve) = (model.Manifest, model.Manifest.Defaults);
        return new ModelDescription(
            manifest.Name,
            manifest.Version,
            model.Sha256,
            manifest.Task,
            manifest.Description,
            manifest.Input,
            manifest.Labels,
            FixedPointMethods.Names,
            new SolveSettings(solve.Solver, solve.Tolerance, solve.MaxEvaluations, limits.DeadlineMs, DefaultTop(manifest)),
            budgets.All,
            new ModelLimits(
                solve.ToleranceLimit, solve.EvaluationsLimit, limits.DeadlineMs, manifest.Labels.Count, limits.BodyBytes, limits.Images,
                limits.ImageWidth, limits.ImageHeight, limits.ImagePixels, limits.DecodeMs),
            manifest.Quality)
        {
            State = manifest.State,
        };
    }

    /// <summary>How many predictions a request gets that asks for no number.</summary>
    internal static int DefaultTop(ModelManifest manifest) => Math.Min(5, manifest.Labels.Count);
}

/// <summary>How a request is solved.</summary>
/// <param name="Solver">The fixed-point method.</param>
/// <param name="Tolerance">The residual that is small enough: relative, or of a flow estimator in pixels.</param>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
/// <param name="Top">Predictions in the answer; 0 of a flow estimator.</param>
public sealed record SolveSettings(string Solver, double Tolerance, int MaxEvaluations, int DeadlineMs, int Top);

/// <summary>The most that a request gets.</summary>
/// <param name="Tolerance">The smallest tolerance.</param>
/// <param name="MaxEvaluations">The most evaluations.</param>
/// <param name="DeadlineMs">The longest deadline, milliseconds.</param>
/// <param name="Top">The most predictions: the number of labels.</param>
/// <param name="BodyBytes">Bytes of a body.</param>
/// <param name="Images">Images of a request.</param>
/// <param name="ImageWidth">Pixels.</param>
/// <param name="ImageHeight">Pixels.</param>
/// <param name="ImagePixels">Width times height.</param>
/// <param name="DecodeMs">Milliseconds to decode one image.</param>
public sealed record ModelLimits(
    double Tolerance,
    int MaxEvaluations,
    int DeadlineMs,
    int Top,
    int BodyBytes,
    int Images,
    int ImageWidth,
    int ImageHeight,
    int ImagePixels,
    int DecodeMs);

/// <summary>The models of a server.</summary>
/// <param name="Models">In the order of their names.</param>
public sealed record ModelList(IReadOnlyList<ModelDescription> Models);
