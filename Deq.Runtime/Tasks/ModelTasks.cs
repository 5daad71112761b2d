using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Classification;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Latent;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Tasks.Restoration;
using Deq.Runtime.Tasks.Tensors;

namespace Deq.Runtime.Tasks;

/// <summary>The tasks that bundles may name. A new one is its folder and one line here.</summary>
public static class ModelTasks
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IModelTask> All { get; } =
    [
        new ClassificationTask(),
        new FlowTask(),
        new LatentTask(),
        new ReasoningTask(),
        new RestorationTask(),
        new TensorTask(),
    ];
}
