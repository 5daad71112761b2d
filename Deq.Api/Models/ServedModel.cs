using Deq.Api.Problems;
using Deq.Runtime.Bundles;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks;

namespace Deq.Api.Models;

/// <summary>A model and the engine that answers for it.</summary>
/// <param name="Manifest">What the model promises.</param>
/// <param name="Sha256">The hash that names the bundle's exact contents, lower-case hexadecimal.</param>
/// <param name="Engine">Its engine.</param>
internal sealed record ServedModel(ModelManifest Manifest, string Sha256, InferenceEngine Engine)
{
    /// <summary>Makes the inputs of a flow estimator; null where the model is none.</summary>
    public FlowInput? Frames { get; } = Manifest.Task == ModelTasks.Flow ? new FlowInput(Manifest.Input, Math.Min(MostGuessThreads, Environment.ProcessorCount)) : null;

    private const int MostGuessThreads = 4;

    /// <summary>Refuses a request for what the model does not do.</summary>
    /// <param name="task">What the request is for, one of <see cref="ModelTasks"/>.</param>
    /// <exception cref="ProblemException">The model does something else.</exception>
    public void Require(string task)
    {
        if (Manifest.Task != task)
        {
            string path = Manifest.Task == ModelTasks.Flow ? "flow" : "classify";
            throw new ProblemException(
                ProblemKinds.WrongTask, $"{Manifest.Name} does {Manifest.Task}, not {task}; its path is /api/v1/models/{Manifest.Name}/{path}.")
                .With("task", Manifest.Task);
        }
    }
}
