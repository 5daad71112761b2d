using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification;

/// <summary>A multiscale equilibrium classifier: residual branches at falling resolutions that exchange through fuse layers.</summary>
/// <remarks>
/// <para>
/// Branch i has state z_i <c>[B, C_i, H/2^i, W/2^i]</c>; z is all of them, flat, <c>[B, D]</c>. One evaluation runs a residual block per
/// branch, with the injection x entering the branch of highest resolution, then sums every branch, resampled, into every other.
/// Each branch ends in a group norm, which bounds the state whatever the weights.
/// </para>
/// <para>Source: Bai, Koltun and Kolter, "Multiscale deep equilibrium models", NeurIPS 2020, section 3.</para>
/// </remarks>
public static class MultiscaleClassifier
{
    /// <summary>Builds encoder, cell and decoder.</summary>
    /// <param name="recipe">Channels per branch and the rest of the sizes.</param>
    /// <param name="input">The image.</param>
    /// <param name="classes">K, at least 2.</param>
    /// <exception cref="ArgumentException">The input cannot be halved once per branch after the stem.</exception>
    public static ModelGraphs Build(ArchitectureRecipe recipe, ImageInput input, int classes)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(input);
        Branch[] branches = Branches(recipe, input);
        return new ModelGraphs(
            Encoder(recipe, input, branches[0]),
            Cell(recipe, branches),
            Decoder(recipe, branches, classes),
            branches.Sum(branch => branch.Length));
    }

    private static Branch[] Branches(ArchitectureRecipe recipe, ImageInput input)
    {
        int step = recipe.StemStride << (recipe.Channels.Count - 1);
        if (input.Height % step != 0 || input.Width % step != 0)
        {
            throw new ArgumentException(
                $"An input of {input.Height}×{input.Width} does not divide by {step}: stem stride {recipe.StemStride}, then halved for "
                + $"{recipe.Channels.Count} branches.",
                nameof(recipe));
        }

        var branches = new Branch[recipe.Channels.Count];
        int start = 0;
        for (int i = 0; i < branches.Length; i++)
        {
            int scale = recipe.StemStride << i;
            branches[i] = new Branch(i, start, recipe.Channels[i], input.Height / scale, input.Width / scale);
            start += branches[i].Length;
        }

        return branches;
    }

    private static Graph Encoder(ArchitectureRecipe recipe, ImageInput input, Branch first)
    {
        var layers = new Layers("encoder", recipe.Groups);
        var image = new Input("image", "B", input.Channels, input.Height, input.Width);
        Node stem = layers.Conv(image, "stem", input.Channels, recipe.StemChannels, kernel: 3, stride: recipe.StemStride);
        Node features = layers.Norm(stem, "stemNorm", recipe.StemChannels).Relu();
        for (int i = 0; i < recipe.StemBlocks; i++)
        {
            features = StemBlock(layers, features, $"stem{i}", recipe.StemChannels);
        }

        Node x = layers.Norm(layers.Conv(features, "injection", recipe.StemChannels, first.Channels, kernel: 3), "injectionNorm", first.Channels);
        return new Graph("encoder", [image], [("x", x)]);
    }

    /// <summary>conv, norm, relu, conv, norm, + input, relu: computed once per image, whatever the budget.</summary>
    private static Node StemBlock(Layers layers, Node input, string name, int channels)
    {
        Node inner = layers.Norm(layers.Conv(input, $"{name}.conv1", channels, channels, kernel: 3), $"{name}.norm1", channels).Relu();
        return (layers.Norm(layers.Conv(inner, $"{name}.conv2", channels, channels, kernel: 3), $"{name}.norm2", channels) + input).Relu();
    }

    private static Graph Cell(ArchitectureRecipe recipe, Branch[] branches)
    {
        var layers = new Layers("cell", recipe.Groups, recipe.Reparametrization);
        var z = new Input("z", "B", branches.Sum(branch => branch.Length));
        var x = new Input("x", "B", branches[0].Channels, branches[0].Height, branches[0].Width);
        Node[] blocks = [.. branches.Select(branch => Block(layers, branch, branch.Cut(z), branch.Index == 0 ? x : null, recipe.Expansion))];
        Node[] fused = [.. branches.Select(branch => Fuse(layers, branches, blocks, branch).Reshape("B", branch.Length))];
        Node fz = fused.Length == 1 ? fused[0] : fused[0].Concat(1, fused[1..]);
        return new Graph("cell", [z, x], [("fz", fz)]);
    }

    /// <summary>conv, norm, relu, conv, (+ x), norm, + z, relu, norm.</summary>
    private static Node Block(Layers layers, Branch branch, Node z, Node? injection, int expansion)
    {
        string name = $"branch{branch.Index}";
        int wide = branch.Channels * expansion;
        Node inner = layers.Norm(layers.Conv(z, $"{name}.conv1", branch.Channels, wide, kernel: 3), $"{name}.norm1", wide).Relu();
        Node outer = layers.Conv(inner, $"{name}.conv2", wide, branch.Channels, kernel: 3);
        if (injection is not null)
        {
            outer += injection;
        }

        Node sum = (layers.Norm(outer, $"{name}.norm2", branch.Channels) + z).Relu();
        return layers.Norm(sum, $"{name}.norm3", branch.Channels);
    }

    /// <summary>Sums every branch, brought to this one's resolution and channels, then relu, 1×1 convolution, norm.</summary>
    private static Node Fuse(Layers layers, Branch[] branches, Node[] blocks, Branch target)
    {
        Node sum = blocks[target.Index];
        foreach (Branch source in branches)
        {
            if (source.Index != target.Index)
            {
                sum += source.Index < target.Index
                    ? Down(layers, source, target, blocks[source.Index])
                    : Up(layers, source, target, blocks[source.Index]);
            }
        }

        string name = $"fuse{target.Index}";
        return layers.Norm(layers.Conv(sum.Relu(), $"{name}.mix", target.Channels, target.Channels, kernel: 1), $"{name}.norm", target.Channels);
    }

    /// <summary>One strided convolution and norm per halving; relu between, not after.</summary>
    private static Node Down(Layers layers, Branch source, Branch target, Node block)
    {
        Node node = block;
        for (int step = source.Index + 1; step <= target.Index; step++)
        {
            bool last = step == target.Index;
            int channels = last ? target.Channels : source.Channels;
            string name = $"fuse{target.Index}.from{source.Index}.step{step}";
            node = layers.Norm(layers.Conv(node, name, source.Channels, channels, kernel: 3, stride: 2), $"{name}.norm", channels);
            node = last ? node : node.Relu();
        }

        return node;
    }

    private static Node Up(Layers layers, Branch source, Branch target, Node block)
    {
        string name = $"fuse{target.Index}.from{source.Index}";
        Node mixed = layers.Norm(layers.Conv(block, name, source.Channels, target.Channels, kernel: 1), $"{name}.norm", target.Channels);
        return mixed.ResizeNearest(1 << (source.Index - target.Index));
    }

    /// <summary>Per branch a head; from high to low resolution each is halved into the next; then mean over space and a linear layer.</summary>
    private static Graph Decoder(ArchitectureRecipe recipe, Branch[] branches, int classes)
    {
        var layers = new Layers("decoder", recipe.Groups);
        IReadOnlyList<int> widths = recipe.HeadChannels ?? [.. branches.Select(branch => 2 * branch.Channels)];
        var z = new Input("z", "B", branches.Sum(branch => branch.Length));
        Node? features = null;
        for (int i = 0; i < branches.Length; i++)
        {
            Node head = layers.Norm(layers.Conv(branches[i].Cut(z), $"head{i}", branches[i].Channels, widths[i], kernel: 1), $"head{i}.norm", widths[i]);
            if (features is not null)
            {
                Node halved = layers.Conv(features, $"down{i}", widths[i - 1], widths[i], kernel: 3, stride: 2);
                head += layers.Norm(halved, $"down{i}.norm", widths[i]);
            }

            features = head.Relu();
        }

        int last = widths[branches.Length - 1];
        Node pooled = features!.GlobalAveragePool().Reshape("B", last);
        return new Graph("decoder", [z], [("logits", layers.Linear(pooled, "classifier", last, classes))]);
    }

    /// <summary>One resolution of the state and where it lies in the flat z.</summary>
    private sealed record Branch(int Index, int Start, int Channels, int Height, int Width)
    {
        public int Length => Channels * Height * Width;

        public Node Cut(Node z) => z.Slice(1, Start, Length).Reshape("B", Channels, Height, Width);
    }
}
