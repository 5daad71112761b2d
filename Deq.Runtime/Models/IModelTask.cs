namespace Deq.Runtime.Models;

/// <summary>What a kind of model takes and gives, for the engine: no server and no training.</summary>
public interface IModelTask
{
    /// <summary>As in manifests, such as <c>image-classification</c>.</summary>
    string Name { get; }

    /// <summary>Members of the manifest that only models of this task have, see <see cref="ModelManifest.Sections"/>. Default none.</summary>
    IReadOnlyList<string> Sections => [];

    /// <summary>Every rule of the task that a manifest breaks, one sentence each.</summary>
    /// <exception cref="System.Text.Json.JsonException">A section of the manifest cannot be read.</exception>
    IEnumerable<string> Faults(ModelManifest manifest);

    /// <summary>What the graphs of a model take and give. Of a manifest with faults, as much as can be said.</summary>
    /// <exception cref="System.Text.Json.JsonException">A section of the manifest cannot be read.</exception>
    ModelContract Contract(ModelManifest manifest);
}
