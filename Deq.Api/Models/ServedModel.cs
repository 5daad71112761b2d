using Deq.Api.Problems;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks;

namespace Deq.Api.Models;

/// <summary>A model and the engine that answers for it.</summary>
/// <param name="Manifest">What the model promises.</param>
/// <param name="Sha256">The hash that names the bundle's exact contents, lower-case hexadecimal.</param>
/// <param name="Engine">Its engine.</param>
internal sealed record ServedModel(ModelManifest Manifest, string Sha256, InferenceEngine Engine)
{
    /// <summary>Refuses a request for what the model does not do.</summary>
    /// <param name="task">What the request is for, one of <see cref="ModelTasks"/>.</param>
    /// <exception cref="ProblemException">The model does something else.</exception>
    public void Require(string task)
    {
        if (Manifest.Task != task)
        {
            string path = Manifest.Task switch
            {
                ModelTasks.Flow => "flow",
                ModelTasks.Reasoning => "reason",
                _ => "classify",
            };
            throw new ProblemException(
                ProblemKinds.WrongTask, $"{Manifest.Name} does {Manifest.Task}, not {task}; its path is /api/v1/models/{Manifest.Name}/{path}.")
                .With("task", Manifest.Task);
        }
    }
}
