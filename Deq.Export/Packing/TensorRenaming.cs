using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf.Collections;

namespace Deq.Export.Packing;

/// <summary>Renames values of a graph wherever they are read or written, in the graphs of its loops and branches too.</summary>
internal static class TensorRenaming
{
    /// <summary>Renames all at once, so that two values may exchange names. A value that has one of the new names already gets a free one.</summary>
    /// <param name="graph">Changed in place.</param>
    /// <param name="names">New names by old ones; the new ones differ.</param>
    public static void Apply(GraphProto graph, IReadOnlyDictionary<string, string> names)
    {
        HashSet<string> taken = [.. Names(graph), .. names.Values];
        var all = new Dictionary<string, string>(names, StringComparer.Ordinal);
        foreach (string name in names.Values.Where(name => !names.ContainsKey(name)))
        {
            string free = $"{name}_inner";
            for (int i = 2; !taken.Add(free); i++)
            {
                free = $"{name}_inner{i}";
            }

            all.Add(name, free);
        }

        Replace(graph, all);
    }

    private static IEnumerable<string> Names(GraphProto graph) =>
    [
        .. graph.Node.SelectMany(node => node.Input.Concat(node.Output)),
        .. graph.Node.SelectMany(node => node.Attribute).SelectMany(Graphs).SelectMany(Names),
        .. graph.Initializer.Select(weight => weight.Name),
    ];

    private static IEnumerable<GraphProto> Graphs(AttributeProto attribute) => attribute.G is { } graph ? [graph, .. attribute.Graphs] : attribute.Graphs;

    private static void Replace(GraphProto graph, Dictionary<string, string> names)
    {
        foreach (NodeProto node in graph.Node)
        {
            Replace(node.Input, names);
            Replace(node.Output, names);
            foreach (GraphProto inner in node.Attribute.SelectMany(Graphs))
            {
                Replace(inner, names);
            }
        }

        foreach (TensorProto weight in graph.Initializer)
        {
            weight.Name = names.GetValueOrDefault(weight.Name, weight.Name);
        }

        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output))
        {
            value.Name = names.GetValueOrDefault(value.Name, value.Name);
        }
    }

    private static void Replace(RepeatedField<string> values, Dictionary<string, string> names)
    {
        for (int i = 0; i < values.Count; i++)
        {
            values[i] = names.GetValueOrDefault(values[i], values[i]);
        }
    }
}
