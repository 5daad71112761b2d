using System.Globalization;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Imaging;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Latent;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Tasks.Latent;

/// <summary><c>POST /api/v1/models/{model}/reconstruct</c>: the image of a latent decoder that explains what is known of an image.</summary>
internal sealed class ServedReconstruction(PayloadReader reader, RequestLimits limits) : IServedTask
{
    public const string Png = "image/png";

    private const int DefaultEvaluations = 120;
    private const int MostEvaluations = 1000;
    private const double DefaultTolerance = 0.02;
    private const double LeastTolerance = 1e-4;

    public IModelTask Task { get; } = new LatentTask();

    public string Path => "reconstruct";

    public TaskText Text { get; } = new(
        "Reconstruction",
        "Finds the image of a generative model that is nearest to what is known of an image.",
        "Send an image as the body, or as the part image of a multipart form with a mask (white is missing) beside it. Joint inference finds the latent whose decoded image is nearest to the known pixels: "
            + "noise and gaps are replaced by what the model has learned. Accept decides whether a report comes back, with the latent, or the image.");

    public IReadOnlyList<SolveParameter> Parameters { get; } =
    [
        SolveParameter.MaxEvaluations, SolveParameter.Tolerance, SolveParameter.DeadlineMs, SolveParameter.Priority, SolveParameter.Solver, SolveParameter.RequireConverged,
    ];

    public IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedMultipart, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow,
        ProblemKinds.InvalidInput, ProblemKinds.MissingGraphs,
    ];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, Png];

    public bool Computes => true;

    /// <summary>What joint inference solves on a latent decoder; null of models of other tasks.</summary>
    public static IEquilibriumModel? JointModel(ModelManifest manifest, OnnxModel model) =>
        manifest.Task == LatentTask.Id ? new OnnxJointModel(model, new LeastSquares(), new JointSteps { Input = 0.02 }) : null;

    public ProblemException? RefusalOf(ServedModel model) => model.RefusalOfJoint("reconstruct");

    public SolveDefaults DefaultsOf(ModelManifest manifest) => new()
    {
        Solver = "anderson",
        Tolerance = DefaultTolerance,
        MaxEvaluations = DefaultEvaluations,
        EvaluationsLimit = MostEvaluations,
        ToleranceLimit = LeastTolerance,
    };

    public async Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        await LatentPayload.ReadAsync(request, reader, share, model, limits) is { } payload ? new TaskInput((_, _) => [PartOf(payload)], payload.Fields) : null;

    public Task<SolvedPart[]?> SolveAsync(SolveCall call, Func<SolveCall, Task<SolvedPart[]?>> solve) =>
        solve(call with { Model = call.Model with { Engine = call.Model.Joint! } });

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        var found = (Reconstructed)parts[0].Result;
        ImageInput input = model.Manifest.Input;
        var answer = new ReconstructionAnswer
        {
            Model = model.Manifest.Name,
            Version = model.Manifest.Version,
            Sha256 = model.Sha256,
            Width = input.Width,
            Height = input.Height,
            Known = Math.Round(found.Known, 4),
            Misfit = Math.Round(found.Misfit, 3),
            Latent = found.Latent,
            Solve = parts[0].Report,
        };
        return new TaskAnswer(answer)
        {
            Body = mediaType == Png ? ImagePng.Of(found.Values, input.Channels, input.Height, input.Width) : null,
            Headers = mediaType == Png ? [.. HeadersOf(answer)] : [],
            Solves = [answer.Solve],
        };
    }

    public HttpContent? FirstCall(ModelManifest manifest) => SampleContent.Form((LatentPayload.ImagePart, "ankle-boot.png"));

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => ReconstructionDocumentation.Describe(operation, context, Parameters);

    /// <summary>The report in headers.</summary>
    public static IEnumerable<(string Name, string Value)> HeadersOf(ReconstructionAnswer answer)
    {
        yield return ("Deq-Model", answer.Model);
        yield return ("Deq-Version", answer.Version);
        yield return ("Deq-Sha256", answer.Sha256);
        yield return ("Deq-Converged", answer.Solve.Converged ? "true" : "false");
        yield return ("Deq-Evaluations", answer.Solve.Evaluations.ToString(CultureInfo.InvariantCulture));
        yield return ("Deq-Misfit", answer.Misfit.ToString("R", CultureInfo.InvariantCulture));
        yield return ("Deq-Solve", JsonSerializer.Serialize(answer.Solve, JsonSerializerOptions.Web));
    }

    private static SolvePart PartOf(LatentPayload payload) => new()
    {
        Input = payload.Write,
        Output = output => Reconstructed.Of(payload, output),
    };

    /// <summary>What joint inference found.</summary>
    private sealed record Reconstructed(float[] Values, float[] Latent, double Misfit, double Known)
    {
        /// <summary>The loss and the residual, at the end of an output.</summary>
        private const int Figures = 2;

        /// <summary>Reads an output; null where no iterate was finite, whose loss then is not either.</summary>
        public static Reconstructed? Of(LatentPayload payload, ReadOnlySpan<float> output)
        {
            if (!float.IsFinite(output[^Figures]))
            {
                return null;
            }

            ReadOnlySpan<float> image = output[..payload.Target.Length];
            return new Reconstructed(payload.Values(image), output[payload.Target.Length..^Figures].ToArray(), payload.MisfitOf(image), payload.Known.Average());
        }
    }
}

internal static class LatentServing
{
    public static void AddLatent(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IServedTask, ServedReconstruction>();
        builder.Services.AddSingleton<JointModelOf>(ServedReconstruction.JointModel);
    }
}
