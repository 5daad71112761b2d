using Deq.Export.Graphs;
using Deq.Runtime.Models;
using RuntimeTask = Deq.Runtime.Tasks.Latent.LatentTask;

namespace Deq.Export.Tasks.Latent;

/// <summary>What a recipe says of a decoder.</summary>
internal sealed record DecoderRecipe
{
    /// <summary>L, numbers in a latent, 1 to 4096.</summary>
    public required int Latents { get; init; }

    /// <summary>Channels of the state, 4 to 512.</summary>
    public required int Channels { get; init; }

    /// <summary>Channels between the cell's two convolutions, 4 to 1024.</summary>
    public required int InnerChannels { get; init; }

    /// <summary>The most groups of a group norm. Default 8.</summary>
    public int Groups { get; init; } = 8;

    /// <summary>Pixels of a cell of the state along each axis. Default 4.</summary>
    public int Scale { get; init; } = 4;
}

/// <summary>An equilibrium decoder: a latent becomes an injection, a state of few pixels finds its fixed point, and one convolution reads the image.</summary>
/// <remarks>
/// f(z, x) = norm(s(z + norm(x + conv(norm(s(conv z)))))) with s(a) = ln(1 + e^(4a))/4: joint inference needs a continuous Jacobian. The norms bound the
/// state whatever the weights. Source: Gurumurthy, Bai, Manchester and Kolter, "Joint inference and input optimization in equilibrium networks",
/// NeurIPS 2021, section 4.1, at a smaller size.
/// </remarks>
internal static class LatentDecoder
{
    // Sharpness of the softplus: nearly a ReLU, with a derivative that is continuous.
    private const float Sharpness = 4;

    // The cell's convolutions start small, so that the first equilibria are found in few evaluations.
    private const double CellStart = 0.05;

    /// <summary>Builds encoder, cell and decoder for images of a size.</summary>
    public static ModelGraphs Build(DecoderRecipe recipe, ImageInput image)
    {
        (int high, int wide) = (image.Height / recipe.Scale, image.Width / recipe.Scale);
        return new ModelGraphs(Encoder(recipe, high, wide), Cell(recipe, high, wide), Decoder(recipe, image, high, wide));
    }

    private static Graph Encoder(DecoderRecipe recipe, int high, int wide)
    {
        var layers = new Layers("encoder", recipe.Groups);
        var latent = new Input(RuntimeTask.Latent, "B", recipe.Latents);
        Node x = layers.Linear(latent, "injection", recipe.Latents, recipe.Channels * high * wide).Reshape("B", recipe.Channels, high, wide);
        return new Graph("encoder", [latent], [(TensorNames.Injection, x)]);
    }

    private static Graph Cell(DecoderRecipe recipe, int high, int wide)
    {
        var layers = new Layers("cell", recipe.Groups);
        (int channels, int inner) = (recipe.Channels, recipe.InnerChannels);
        var z = new Input(TensorNames.State, "B", channels * high * wide);
        var x = new Input(TensorNames.Injection, "B", channels, high, wide);
        Node planes = z.Reshape("B", channels, high, wide);
        Node first = layers.Norm(Smooth(planes.Conv(Start("conv1", inner, channels))), "norm1", inner);
        Node sum = layers.Norm(x + first.Conv(Start("conv2", channels, inner)), "norm2", channels);
        Node fz = layers.Norm(Smooth(planes + sum), "norm3", channels);
        return new Graph("cell", [z, x], [(TensorNames.Mapped, fz.Reshape("B", channels * high * wide))]);

        Weight Start(string name, int outputs, int inputs) => new($"cell.{name}.weight", [outputs, inputs, 3, 3], WeightStart.Normal(CellStart));
    }

    private static Graph Decoder(DecoderRecipe recipe, ImageInput image, int high, int wide)
    {
        var layers = new Layers("decoder", recipe.Groups);
        var z = new Input(TensorNames.State, "B", recipe.Channels * high * wide);
        Node planes = z.Reshape("B", recipe.Channels, high, wide);
        Node pixels = layers.Convolution(planes, "pixels", recipe.Channels, image.Channels * recipe.Scale * recipe.Scale, kernel: 3).DepthToSpace(recipe.Scale);
        return new Graph("decoder", [z], [(TensorNames.Image, pixels.Sigmoid())]);
    }

    private static Node Smooth(Node a) => (a * Sharpness).Softplus() / Sharpness;
}
