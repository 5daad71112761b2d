using System.Text;
using Deq.Runtime.Models;

namespace Deq.Export.Packing;

/// <summary>The model card of a packed model: what is known of it, and what its author should add.</summary>
internal static class ForeignCard
{
    /// <summary>The card as Markdown.</summary>
    public static byte[] Write(ModelManifest manifest, StampedModel model)
    {
        var text = new StringBuilder();
        text.Append($"# {manifest.Name} {manifest.Version}\n\n{manifest.Description}\n\n");
        text.Append($"- Task: {manifest.Task}\n- Takes [{string.Join(", ", model.Tensors.Input.Shape)}], gives [{string.Join(", ", model.Tensors.Output.Shape)}]\n");
        text.Append($"- State: [{string.Join(", ", model.Tensors.State.Shape)}]\n\n");
        text.Append("## How it was made\n\nPacked from graphs that were exported elsewhere, by `Deq.Export pack`.\n\n");
        text.AppendJoin('\n', model.Renames.Select(rename => $"- {rename}"));
        text.Append("\n\n## Quality\n\nNot measured. `evaluate` measures it on data with known answers.\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
