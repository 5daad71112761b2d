namespace Deq.Runtime.Onnx;

/// <summary>The graphs that a device's state space is made of: combine, multiply, copy, move. Written in code, a few hundred bytes each.</summary>
/// <remarks>
/// None multiplies matrices: on a GPU that would be allowed to round its operands to TensorFloat-32, ten bits, where a residual of 1e-6
/// has to be told from noise.
/// </remarks>
internal static class StateGraphs
{
    public const string Weights = "w";
    public const string Left = "a";
    public const string Sources = "from";
    public const string Targets = "to";
    public const string Result = "r";

    /// <summary>Numbers that are summed in single precision before double takes over: as in host memory.</summary>
    private const int LargestBlock = 2048;

    /// <summary>The i-th vector of a combination or of a set of products.</summary>
    public static string Vector(int i) => $"v{i}";

    /// <summary>r = Σ_i w_i·v_i, where v_i are <c>[R, D]</c> and w <c>[R, n]</c>.</summary>
    /// <param name="count">n, at least 1.</param>
    /// <param name="skipsZeros">
    /// Whether a weight may be 0 in some rows, whose vector is then not to be read: 0·NaN would be NaN, so the product is replaced.
    /// </param>
    public static byte[] Combination(int count, bool skipsZeros)
    {
        GraphSource graph = new GraphSource().Output(Result, GraphSource.Single, "R", "D");
        string weights = graph.Input(Weights, GraphSource.Single, "R", "n");
        string[] columns = [.. Enumerable.Range(0, count).Select(i => $"w{i}")];
        if (count > 1)
        {
            graph.ApplyTo(columns, "Split", [weights], ("axis", 1));
        }
        else
        {
            columns[0] = weights;
        }

        string[] terms = new string[count];
        string? zero = skipsZeros ? graph.Zero() : null;
        for (int i = 0; i < count; i++)
        {
            terms[i] = graph.Apply("Mul", [graph.Input(Vector(i), GraphSource.Single, "R", "D"), columns[i]]);
            if (zero is not null)
            {
                terms[i] = graph.Apply("Where", [graph.Apply("Equal", [columns[i], zero]), zero, terms[i]]);
            }
        }

        // The vectors are read by the products alone, so the sum may be written over any of them.
        graph.Apply("Sum", terms, Result);
        return graph.ToArray();
    }

    /// <summary>r_i = ⟨a, v_i⟩ in double, <c>[R, n]</c>, where a and v_i are <c>[R, D]</c> in single precision.</summary>
    /// <remarks>
    /// Products and sums within a block are in single precision, an error of some ulps of Σ|a·v|; sums across blocks are in double. So the
    /// work per number stays in the precision in which GPUs are fast, and only D / block numbers are converted.
    /// </remarks>
    /// <param name="count">n, at least 1.</param>
    /// <param name="width">D.</param>
    public static byte[] Products(int count, int width)
    {
        GraphSource graph = new GraphSource().Output(Result, GraphSource.Double, "R", "n");
        string a = graph.Input(Left, GraphSource.Single, "R", "D");
        int block = BlockOf(width);
        string blocks = graph.Integers(0, 1, width / block, block);
        string last = graph.Integers(-1);
        string[] sums = new string[count];
        for (int i = 0; i < count; i++)
        {
            string products = graph.Apply("Mul", [a, graph.Input(Vector(i), GraphSource.Single, "R", "D")]);
            sums[i] = graph.Apply("ReduceSum", [graph.Apply("Reshape", [products, blocks]), last], attribute: ("keepdims", 0));
        }

        string all = count > 1 ? graph.Apply("Concat", sums, attribute: ("axis", 1)) : sums[0];
        string wide = graph.Apply("Cast", [all], attribute: ("to", GraphSource.Double));
        graph.Apply("ReduceSum", [wide, last], Result, ("keepdims", 0));
        return graph.ToArray();
    }

    /// <summary>r = a, <c>[R, D]</c>, from one place or device to another.</summary>
    public static byte[] Copy()
    {
        GraphSource graph = new GraphSource().Output(Result, GraphSource.Single, "R", "D");
        graph.Apply("Identity", [graph.Input(Left, GraphSource.Single, "R", "D")], Result);
        return graph.ToArray();
    }

    /// <summary>r = a with rows to_k replaced by rows from_k; a and r are the same memory, so that only those rows are touched.</summary>
    public static byte[] Moves()
    {
        GraphSource graph = new GraphSource().Output(Result, GraphSource.Single, "R", "D");
        string a = graph.Input(Left, GraphSource.Single, "R", "D");
        string rows = graph.Apply("Gather", [a, graph.Input(Sources, GraphSource.Integer, "k")]);
        graph.Apply("ScatterND", [a, graph.Input(Targets, GraphSource.Integer, "k", "one"), rows], Result);
        return graph.ToArray();
    }

    /// <summary>The largest divisor of a width that is no larger than a block: blocks of equal length need no padding.</summary>
    /// <remarks>A large prime gets blocks of one number, which is right and slow; widths of models are products of small numbers.</remarks>
    internal static int BlockOf(int width)
    {
        int block = Math.Min(width, LargestBlock);
        while (width % block != 0)
        {
            block--;
        }

        return block;
    }
}
