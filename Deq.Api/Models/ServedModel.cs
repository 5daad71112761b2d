using System.Globalization;
using Deq.Api.Problems;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Models;

/// <summary>The last part of the path that serves the models of a task; null where no path does.</summary>
/// <param name="task">As manifests name it.</param>
internal delegate string? PathOfTask(string task);

/// <summary>A model and the engine that answers for it.</summary>
/// <param name="Manifest">What the model promises.</param>
/// <param name="Sha256">The hash that names the bundle's exact contents, lower-case hexadecimal.</param>
/// <param name="Engine">Its engine.</param>
internal sealed record ServedModel(ModelManifest Manifest, string Sha256, InferenceEngine Engine)
{
    /// <summary>What is closed with the model, after its engine has stopped; null: nothing.</summary>
    public IDisposable? Bundle { get; init; }

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
}
