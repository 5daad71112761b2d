namespace Deq.Export.Graphs;

/// <summary>A computation with named inputs and outputs: the one definition of a model part. Immutable.</summary>
internal sealed class Graph
{
    /// <summary>Makes a graph and orders its nodes.</summary>
    /// <param name="name">For people and error messages, such as <c>cell</c>.</param>
    /// <param name="inputs">All inputs, in the order in which they are given; one that no output needs is allowed.</param>
    /// <param name="outputs">At least one, names distinct from each other and from the inputs.</param>
    /// <exception cref="ArgumentException">An output needs an input that is not listed, or a name occurs twice.</exception>
    public Graph(string name, IReadOnlyList<Input> inputs, IReadOnlyList<(string Name, Node Value)> outputs)
    {
        Name = name;
        Inputs = [.. inputs];
        Outputs = [.. outputs];
        Nodes = Order([.. Outputs.Select(output => output.Value)], []);
        Weights = [.. Nodes.OfType<Weight>()];
        CheckInputs(inputs);
        CheckNames(outputs);
    }

    /// <summary>For people and error messages, such as <c>cell</c>.</summary>
    public string Name { get; }

    /// <summary>In the order in which they are given.</summary>
    public IReadOnlyList<Input> Inputs { get; }

    /// <summary>In the order in which they are returned.</summary>
    public IReadOnlyList<(string Name, Node Value)> Outputs { get; }

    /// <summary>Every node that an output needs, inputs before users. The order depends on the definition alone.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>In the order of first use.</summary>
    public IReadOnlyList<Weight> Weights { get; }

    /// <summary>The output of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Node Output(string name) =>
        Outputs.FirstOrDefault(output => output.Name == name).Value
        ?? throw new ArgumentException($"Graph {Name} has no output {name}; it has {string.Join(", ", Outputs.Select(o => o.Name))}.", nameof(name));

    /// <summary>The input of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Input Input(string name) =>
        Inputs.FirstOrDefault(input => input.Name == name)
        ?? throw new ArgumentException($"Graph {Name} has no input {name}; it has {string.Join(", ", Inputs.Select(i => i.Name))}.", nameof(name));

    /// <summary>What some nodes are made of, inputs before users.</summary>
    /// <remarks>Depth first with its own stack: unrolled graphs are deeper than a thread's.</remarks>
    /// <param name="ends">Where to begin; each is in the result.</param>
    /// <param name="leaves">Taken as they are: what they are made of is left out.</param>
    internal static List<Node> Order(IReadOnlyList<Node> ends, IReadOnlyList<Node> leaves)
    {
        var order = new List<Node>();
        var placed = new HashSet<Node>(ReferenceEqualityComparer.Instance);
        var stack = new Stack<(Node Node, int Next)>();
        foreach (Node end in ends)
        {
            stack.Push((end, 0));
            while (stack.TryPop(out (Node Node, int Next) top))
            {
                if (placed.Contains(top.Node))
                {
                    continue;
                }

                if (top.Node is Apply apply && top.Next < apply.Inputs.Count && !leaves.Contains(apply))
                {
                    stack.Push((apply, top.Next + 1));
                    stack.Push((apply.Inputs[top.Next], 0));
                    continue;
                }

                placed.Add(top.Node);
                order.Add(top.Node);
            }
        }

        return order;
    }

    private void CheckInputs(IReadOnlyList<Input> inputs)
    {
        foreach (Input input in Nodes.OfType<Input>())
        {
            if (!inputs.Contains(input))
            {
                throw new ArgumentException($"Graph {Name} needs {input.Name} {input.Shape}, which is not among its inputs.", nameof(inputs));
            }
        }
    }

    private void CheckNames(IReadOnlyList<(string Name, Node Value)> outputs)
    {
        if (outputs.Count == 0)
        {
            throw new ArgumentException($"Graph {Name} has no outputs.", nameof(outputs));
        }

        IEnumerable<string> names = Inputs.Select(i => i.Name).Concat(outputs.Select(o => o.Name)).Concat(Weights.Select(w => w.Name));
        string[] twice = [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];
        if (twice.Length > 0)
        {
            throw new ArgumentException($"Graph {Name} uses these names twice: {string.Join(", ", twice)}.", nameof(outputs));
        }
    }
}
