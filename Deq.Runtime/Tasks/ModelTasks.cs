namespace Deq.Runtime.Tasks;

/// <summary>What models do, as manifests name it.</summary>
public static class ModelTasks
{
    /// <summary>An image becomes a class.</summary>
    public const string Classification = "image-classification";

    /// <summary>Two frames become the motion between them.</summary>
    public const string Flow = "optical-flow";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Classification, Flow];
}
