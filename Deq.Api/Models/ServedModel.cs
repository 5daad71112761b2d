using System.Globalization;
using Deq.Api.Models.Devices;
using Deq.Api.Problems;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Models;

/// <summary>The last part of the path that serves the models of a task; null where no path does.</summary>
/// <param name="task">As manifests name it.</param>
internal delegate string? PathOfTask(string task);

/// <summary>Whether a model is served at a path.</summary>
/// <param name="model">The model.</param>
/// <param name="path">The last part of the path.</param>
internal delegate bool ServesPath(ServedModel model, string path);

/// <summary>A model and the engine that answers for it.</summary>
/// <param name="Manifest">What the model promises.</param>
/// <param name="Sha256">The hash that names the bundle's exact contents, lower-case hexadecimal.</param>
/// <param name="Engine">Its engine.</param>
internal sealed record ServedModel(ModelManifest Manifest, string Sha256, InferenceEngine Engine)
{
    /// <summary>What is closed with the model, after its engine has stopped; null: nothing.</summary>
    public IDisposable? Bundle { get; init; }

    /// <summary>The engine of joint inference on the same graphs; null where the bundle lacks them, or its task has no use for them.</summary>
    public InferenceEngine? Joint { get; init; }

    /// <summary>The model that <see cref="Engine"/> runs, where it is on a device that may fail; null on the processor.</summary>
    public StandbyModel? Standby { get; init; }

    /// <summary>Whether the processor answers for a device that fails.</summary>
    public bool IsOnStandby => Standby?.Circuit.IsOpen == true;

    /// <summary>The engines by the names under which they are measured.</summary>
    public IEnumerable<(string Name, InferenceEngine Engine)> Engines => Joint is null
        ? [(Manifest.Name, Engine)]
        : [(Manifest.Name, Engine), (JointNameOf(Manifest), Joint)];

    /// <summary>Under which name a model's joint inference is measured.</summary>
    public static string JointNameOf(ModelManifest manifest) => $"{manifest.Name}/joint";

    /// <summary>Stops the engines; see <see cref="InferenceEngine.StopAsync"/>.</summary>
    public Task StopAsync(CancellationToken hurry = default) => Task.WhenAll(Engines.Select(each => each.Engine.StopAsync(hurry)));

    /// <summary>The number of the version's folder; null where the model's folder is the bundle itself.</summary>
    public int? Number { get; init; }

    /// <summary>The version by which paths name it: the folder's number, or the manifest's.</summary>
    public string Version => Number?.ToString(CultureInfo.InvariantCulture) ?? Manifest.Version;

    /// <summary>Refuses a request for what the model does not do.</summary>
    /// <param name="isAsked">Whether the model's task is what the request is for.</param>
    /// <param name="asked">What the request is for.</param>
    /// <param name="paths">Says where the model is served instead.</param>
    /// <exception cref="ProblemException">The model does something else.</exception>
    public void Require(bool isAsked, string asked, PathOfTask paths)
    {
        if (!isAsked)
        {
            string place = paths(Manifest.Task) is { } path ? $"; its path is /api/v1/models/{Manifest.Name}/{path}" : "";
            throw new ProblemException(ProblemKinds.WrongTask, $"{Manifest.Name} does {Manifest.Task}, not {asked}{place}.").With("task", Manifest.Task);
        }
    }

    /// <summary>The problem of a model without joint inference; null where it has it.</summary>
    /// <param name="use">What cannot be done without, after "cannot".</param>
    public ProblemException? RefusalOfJoint(string use) => Joint is not null ? null : new ProblemException(
        ProblemKinds.MissingGraphs,
        $"{Manifest.Name} cannot {use}: its bundle has no {ModelParts.JointCell}, {ModelParts.DecoderVectorJacobian} and {ModelParts.EncoderVectorJacobian}. "
            + "'Deq.Export add-joint <bundle>' adds them without training; the weights stay as they are.");
}
