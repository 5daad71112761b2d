using Deq.Runtime.Models;

namespace Deq.Testing.Tasks;

/// <summary>A task of specs: numbers become the numbers that a model makes of them.</summary>
public sealed class EchoTask : IModelTask
{
    public string Name => "echo";

    public IEnumerable<string> Faults(ModelManifest manifest) => [];

    public ModelContract Contract(ModelManifest manifest) => new() { Input = "numbers", CellInjections = ["x"], Output = "numbers" };
}
