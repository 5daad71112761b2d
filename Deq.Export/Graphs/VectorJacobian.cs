namespace Deq.Export.Graphs;

/// <summary>Reverse-mode differentiation from graph to graph: no tape and no numbers, just new nodes.</summary>
internal static class VectorJacobian
{
    /// <summary>The input that <see cref="Of(Graph, string, string)"/> adds.</summary>
    public const string Cotangent = "u";

    /// <summary>The output of <see cref="Of(Graph, string, string)"/>.</summary>
    public const string Product = "uJ";

    /// <summary>The graph of uᵀ·∂output/∂input.</summary>
    /// <param name="graph">What to differentiate.</param>
    /// <param name="output">The name of one of its outputs.</param>
    /// <param name="input">The name of one of its inputs.</param>
    /// <returns>
    /// A graph whose inputs are the original ones, then <see cref="Cotangent"/> in the output's shape, and whose one output is
    /// <see cref="Product"/> in the input's shape: zeros when the output does not depend on the input. It shares the weights, in another order.
    /// </returns>
    /// <exception cref="ArgumentException">There is no such output or input, or an input is called like the cotangent.</exception>
    /// <exception cref="NotSupportedException">An op on the way cannot be differentiated; the message says which and why.</exception>
    public static Graph Of(Graph graph, string output, string input) => Of(graph, output, input, Cotangent, Product);

    /// <summary>The same under other names, for graphs that stand beside one another.</summary>
    /// <param name="graph">What to differentiate.</param>
    /// <param name="output">The name of one of its outputs.</param>
    /// <param name="input">The name of one of its inputs.</param>
    /// <param name="cotangent">What the cotangent is called.</param>
    /// <param name="product">What the product is called.</param>
    public static Graph Of(Graph graph, string output, string input, string cotangent, string product)
    {
        Node y = graph.Output(output);
        Input x = graph.Input(input);
        var u = new Input(cotangent, y.Shape.Dims.ToArray());
        return new Graph($"{graph.Name}_{output}_{input}", [.. graph.Inputs, u], [(product, PullBack(y, x, u, leaves: []) ?? Constant.Scalar(0).ExpandLike(x))]);
    }

    /// <summary>One graph of an output and of its pull-backs to several inputs, which share what they have in common.</summary>
    /// <param name="graph">What to differentiate.</param>
    /// <param name="output">The name of one of its outputs.</param>
    /// <param name="products">The inputs to pull back to, each with the name of its product.</param>
    /// <returns>Inputs: the graph's, then <see cref="Cotangent"/>. Outputs: the output, then the products in order.</returns>
    public static Graph Joint(Graph graph, string output, params IReadOnlyList<(string Input, string Product)> products)
    {
        Node y = graph.Output(output);
        var u = new Input(Cotangent, y.Shape.Dims.ToArray());
        return new Graph(
            $"{graph.Name}_{output}_joint",
            [.. graph.Inputs, u],
            [(output, y), .. products.Select(entry => (entry.Product, PullBack(y, graph.Input(entry.Input), u, leaves: []) ?? Constant.Scalar(0).ExpandLike(graph.Input(entry.Input))))]);
    }

    /// <summary>The cotangent of a node that y is made of; null when nothing flows to it.</summary>
    /// <param name="y">Any node.</param>
    /// <param name="target">What to differentiate by.</param>
    /// <param name="u">The cotangent of y, in its shape.</param>
    /// <param name="leaves">Nodes taken as they are: what they are made of counts as constant.</param>
    internal static Node? PullBack(Node y, Node target, Node u, IReadOnlyList<Node> leaves)
    {
        List<Node> order = Graph.Order([y], [target, .. leaves]);
        HashSet<Node> dependent = Dependent(target, order, leaves);
        var cotangents = new Dictionary<Node, Node>(ReferenceEqualityComparer.Instance) { [y] = u };
        for (int i = order.Count - 1; i >= 0; i--)
        {
            if (order[i] is Apply apply && apply != target && dependent.Contains(apply) && cotangents.TryGetValue(apply, out Node? incoming))
            {
                Spread(apply, incoming, dependent, cotangents);
            }
        }

        return cotangents.GetValueOrDefault(target);
    }

    /// <summary>The nodes whose value depends on the target, itself included.</summary>
    private static HashSet<Node> Dependent(Node target, List<Node> order, IReadOnlyList<Node> leaves)
    {
        var dependent = new HashSet<Node>(ReferenceEqualityComparer.Instance) { target };
        foreach (Apply apply in order.OfType<Apply>())
        {
            if (!leaves.Contains(apply) && apply.Inputs.Any(dependent.Contains))
            {
                dependent.Add(apply);
            }
        }

        return dependent;
    }

    private static void Spread(Apply apply, Node incoming, HashSet<Node> dependent, Dictionary<Node, Node> cotangents)
    {
        for (int input = 0; input < apply.Inputs.Count; input++)
        {
            Node source = apply.Inputs[input];
            if (!dependent.Contains(source) || apply.Op.PullBack(apply, incoming, input) is not { } contribution)
            {
                continue;
            }

            if (!contribution.Shape.Equals(source.Shape))
            {
                throw new InvalidOperationException(
                    $"The pull-back of {apply.Op.Name} to input {input} has shape {contribution.Shape}; the input has {source.Shape}.");
            }

            cotangents[source] = cotangents.TryGetValue(source, out Node? sum) ? sum + contribution : contribution;
        }
    }
}
