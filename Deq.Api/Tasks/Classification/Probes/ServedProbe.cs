using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Imaging;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Classification;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary><c>POST /api/v1/models/{model}/probe</c>: how little of an image must change for another label.</summary>
internal sealed class ServedProbe(ImageBodies bodies) : IServedTask
{
    public const string Png = "image/png";
    public const int DefaultEvaluations = 150;
    public const int MostEvaluations = 1000;
    public const double DefaultTolerance = 0.01;

    private const double LeastTolerance = 1e-4;

    /// <summary>The checks may take as long as so many solves of the image, which the search leaves of the deadline.</summary>
    private const double CheckTime = 4;

    private readonly ImageBodies _bodies = bodies.AtMost(1);

    public IModelTask Task { get; } = new ClassificationTask();

    public string Path => "probe";

    public TaskText Text { get; } = new(
        "Classification",
        "Finds the smallest change of an image that changes its label.",
        "Send one image as for classification. Joint inference looks for the nearest image, by the L2 norm of the difference of values from 0 to 1, that the model answers with another label, "
            + "or with the target. The changed image is then classified from the start, and the answer says changed only where that gives another label. "
            + "With Accept: image/png the changed image comes back, with the report in headers. A change that was not found may exist all the same.");

    public IReadOnlyList<SolveParameter> Parameters => ProbeParameters.All;

    public IReadOnlyList<ProblemKind> Problems { get; } = [.. ImageBodies.Problems, ProblemKinds.InvalidInput, ProblemKinds.MissingGraphs];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, Png];

    public bool Computes => true;

    /// <summary>What joint inference solves on a classifier; null of models of other tasks.</summary>
    public static IEquilibriumModel? JointModel(ModelManifest manifest, OnnxModel model) => manifest.Task == ClassificationTask.Id
        ? new OnnxJointModel(
            model,
            new NearestChange { Bounds = new InputBounds { Least = 0, Most = 1 }, Scale = new ChannelScale(manifest.Input.Mean, manifest.Input.Deviation) },
            NearestChange.Steps)
        : null;

    public ProblemException? RefusalOf(ServedModel model) => model.RefusalOfJoint("be probed");

    public SolveDefaults DefaultsOf(ModelManifest manifest) => new()
    {
        Solver = "picard",
        Tolerance = DefaultTolerance,
        MaxEvaluations = DefaultEvaluations,
        EvaluationsLimit = MostEvaluations,
        ToleranceLimit = LeastTolerance,
    };

    public async Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        await _bodies.ReadAsync(request, model, share) is { } brought
            ? new TaskInput((grant, _) => [new ProbeSolves(model, brought.Images[0], grant).Before()], brought.Fields)
            : null;

    public async Task<SolvedPart[]?> SolveAsync(SolveCall call, Func<SolveCall, Task<SolvedPart[]?>> solve)
    {
        var probe = (ProbeSolves)call.Parts[0].Subject!;
        SolveCall first = call with { IsFollowed = true, ContinuesOnEngineThread = false };
        if (await solve(first) is not [var before])
        {
            return null;
        }

        int left = (int)Math.Max(1, call.Grant.DeadlineMs - Math.Min(call.Grant.DeadlineMs / 2.0, CheckTime * before.Report.SpentMs));
        SolveCall second = first with
        {
            Model = call.Model with { Engine = call.Model.Joint! },
            Grant = call.Grant with { DeadlineMs = left },
            Parts = [probe.Change(before)],
            LeastTime = TimeSpan.FromMilliseconds(before.Report.SpentMs),
        };
        if (await solve(second) is not [var change])
        {
            return null;
        }

        SolveCall third = first with
        {
            Parts = probe.Checks(change),
            LeastTime = TimeSpan.FromMilliseconds(CheckTime * before.Report.SpentMs),
        };
        if (await solve(third) is not { } checks)
        {
            return null;
        }

        SolvedPart[] found = [before, change, .. checks];
        SolveCall last = third with
        {
            IsFollowed = false,
            Parts = probe.Refinements(before, change, checks),
            Earlier = [.. found.Select(part => part.Report)],
        };
        return await solve(last) is { } refined ? [.. found, .. refined] : null;
    }

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        (SolvedPart before, SolvedPart change) = (parts[0], parts[1]);
        var probe = (ProbeSolves)before.Subject!;
        SolvedPart[] checks = [.. parts.Skip(2).OrderBy(check => ((ImageChange)check.Subject!).L2)];
        var label = (Prediction)before.Result;
        SolvedPart chosen = checks.FirstOrDefault(check => probe.IsChanged(label, (Prediction)check.Result)) ?? checks[^1];
        var image = (ImageChange)chosen.Subject!;
        var answer = new ProbeAnswer
        {
            Model = model.Manifest.Name,
            Version = model.Manifest.Version,
            Sha256 = model.Sha256,
            Changed = probe.IsChanged(label, (Prediction)chosen.Result),
            Before = label,
            After = (Prediction)chosen.Result,
            L2 = Math.Round(image.L2, 6),
            LInfinity = Math.Round(image.LInfinity, 6),
            LargestChange = Math.Round(probe.LargestChange, 6),
            Target = probe.Target is { } target ? model.Manifest.Labels[target] : null,
            Evaluations = parts.Sum(part => part.Report.Evaluations),
            Products = change.Report.Evaluations,
            Solve = change.Report,
            Start = before.Report,
            Check = chosen.Report,
        };
        ImageInput input = model.Manifest.Input;
        return new TaskAnswer(answer)
        {
            Body = mediaType == Png ? ImagePng.Of(image.Values, input.Channels, input.Height, input.Width) : null,
            Headers = mediaType == Png ? [.. ProbeHeaders.Of(answer)] : [],
            Solves = [change.Report, chosen.Report],
        };
    }

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => ProbeDocumentation.Describe(operation, context, _bodies.TakesAddresses);
}
