namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>One way to lay out frames and true flow in a directory.</summary>
internal interface IFlowLayout
{
    /// <summary>The name in commands.</summary>
    string Name { get; }

    /// <summary>What such a directory contains, in words that follow "holds".</summary>
    string Contents { get; }

    /// <summary>The pairs with truth, in the order of their names; empty when the directory is laid out in another way.</summary>
    IReadOnlyList<FlowPairFiles> Find(string directory);
}
