using System.Text;

namespace Deq.Runtime.Bundles;

/// <summary>What ONNX Runtime may compute while it loads a graph: nodes that depend on no input, whose results its constant folding keeps.</summary>
/// <remarks>
/// Nothing ends a load, so a graph that has such nodes is run once without folding before it is loaded as it is served. Field numbers: onnx.proto of the ONNX
/// repository. In doubt a graph counts as one that has some: the price is one run of one row.
/// </remarks>
internal sealed class FoldedNodes
{
    private const int ModelGraph = 7;
    private const int ModelFunction = 25;
    private const int GraphSparseInitializer = 15;

    private readonly HashSet<string> _fed = [];

    private FoldedNodes(ReadOnlySpan<byte> model)
    {
        // Weights and inputs may stand behind the nodes in the file.
        var weights = new HashSet<string>();
        Visit(model, weights, readsNodes: false);
        _fed.ExceptWith(weights);
        Visit(model, weights, readsNodes: true);
    }

    /// <summary>Whether a load may compute.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether nodes hold graphs (If, Loop, Scan): folding enters also those that a run would never reach.</summary>
    public bool HasInnerGraphs { get; private set; }

    /// <summary>Looks at a graph. Bytes that are no graph have no nodes.</summary>
    /// <param name="model">An ONNX model.</param>
    public static FoldedNodes Of(ReadOnlySpan<byte> model) => new(model);

    private void Visit(ReadOnlySpan<byte> model, HashSet<string> weights, bool readsNodes)
    {
        var fields = new WireFields(model);
        while (fields.MoveNext())
        {
            if (fields.Field == ModelGraph)
            {
                VisitGraph(fields.Content, weights, readsNodes);
            }
            else if (fields.Field == ModelFunction && readsNodes)
            {
                Any = true;
                VisitFunction(fields.Content);
            }
        }
    }

    private void VisitGraph(ReadOnlySpan<byte> graph, HashSet<string> weights, bool readsNodes)
    {
        var fields = new WireFields(graph);
        while (fields.MoveNext())
        {
            switch (fields.Field)
            {
                case 1 when readsNodes:
                    VisitNode(fields.Content);
                    break;
                case 5 when !readsNodes:
                    weights.Add(TextOf(fields.Content, 8));
                    break;
                case 11 when !readsNodes:
                    _fed.Add(TextOf(fields.Content, 1));
                    break;
                case GraphSparseInitializer:
                    Any = true;
                    break;
            }
        }
    }

    private void VisitFunction(ReadOnlySpan<byte> function)
    {
        var fields = new WireFields(function);
        while (fields.MoveNext())
        {
            HasInnerGraphs |= fields.Field == 7 && HoldsGraph(fields.Content);
        }
    }

    private void VisitNode(ReadOnlySpan<byte> node)
    {
        string op = TextOf(node, 4);
        bool isFed = false;
        var outputs = new List<string>();
        var fields = new WireFields(node);
        while (fields.MoveNext())
        {
            isFed |= fields.Field == 1 && fields.Content.Length > 0 && _fed.Contains(Text(fields.Content));
            if (fields.Field == 2)
            {
                outputs.Add(Text(fields.Content));
            }
        }

        // Shapes are known before anything is fed.
        if (isFed && op is not ("Shape" or "Size"))
        {
            _fed.UnionWith(outputs);
        }
        else
        {
            Any |= !IsCheap(op) || TextOf(node, 7).Length > 0;
        }

        if (HoldsGraph(node))
        {
            (Any, HasInnerGraphs) = (true, true);
        }
    }

    /// <summary>Whether an operator of the standard takes no longer than its input is large, which lies in the file.</summary>
    private static bool IsCheap(string op) => op is "Constant" or "Reshape" or "Transpose" or "Squeeze" or "Unsqueeze" or "Flatten" or "Identity" or "Shape" or "Size";

    /// <summary>Whether an attribute of a node is a graph, or several.</summary>
    private static bool HoldsGraph(ReadOnlySpan<byte> node)
    {
        var attributes = new WireFields(node);
        while (attributes.MoveNext())
        {
            var fields = new WireFields(attributes.Field == 5 ? attributes.Content : default);
            while (fields.MoveNext())
            {
                if (fields.Field is 6 or 11)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The last text of a field, which is the one that counts.</summary>
    private static string TextOf(ReadOnlySpan<byte> message, int field)
    {
        string text = "";
        var fields = new WireFields(message);
        while (fields.MoveNext())
        {
            text = fields.Field == field ? Text(fields.Content) : text;
        }

        return text;
    }

    /// <summary>Bytes as text, other bytes as another text.</summary>
    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
