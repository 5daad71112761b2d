namespace Deq.Export.Graphs;

/// <summary>Names and makes the weights of one part of a model, layer by layer.</summary>
/// <param name="prefix">Stands before every weight's name, such as <c>cell</c>.</param>
/// <param name="groups">The most groups of a group norm.</param>
/// <param name="reparametrization">One of <see cref="Reparametrizations"/>: what training learns in place of convolutions.</param>
internal sealed class Layers(string prefix, int groups, string reparametrization = "none")
{
    private static readonly IReadOnlyList<(string Name, Reparametrization Kind)> All =
    [
        ("none", Reparametrization.None),
        ("weight-norm", Reparametrization.WeightNorm),
        ("spectral-norm", Reparametrization.SpectralNorm),
    ];

    private readonly Reparametrization _convolution = All.First(entry => entry.Name == reparametrization).Kind;

    /// <summary>The reparametrizations that recipes may name.</summary>
    public static IReadOnlyList<string> Reparametrizations { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>A convolution without bias, for a norm follows; padding keeps ⌈size/stride⌉.</summary>
    public Node Conv(Node x, string name, int inputs, int outputs, int kernel, int stride = 1) =>
        x.Conv(
            new Weight($"{prefix}.{name}.weight", [outputs, inputs, kernel, kernel], WeightStart.FanIn, _convolution),
            stride: stride,
            padding: kernel / 2);

    /// <summary>A convolution with bias; padding keeps the size. Starts as for a ReLU after it, unless told otherwise.</summary>
    public Node Convolution(Node x, string name, int inputs, int outputs, int kernel, WeightStart? start = null) =>
        x.Conv(
            new Weight($"{prefix}.{name}.weight", [outputs, inputs, kernel, kernel], start ?? WeightStart.FanIn, _convolution),
            new Weight($"{prefix}.{name}.bias", [outputs], WeightStart.Zeros),
            padding: kernel / 2);

    /// <summary>Group norm with scale and shift per channel, in as many groups as divide the channels evenly.</summary>
    public Node Norm(Node x, string name, int channels) =>
        x.GroupNorm(
            Groups(channels),
            new Weight($"{prefix}.{name}.scale", [channels], WeightStart.Ones),
            new Weight($"{prefix}.{name}.shift", [channels], WeightStart.Zeros));

    /// <summary>y = x·W + b for x <c>[B, inputs]</c>.</summary>
    public Node Linear(Node x, string name, int inputs, int outputs) =>
        x.MatMul(new Weight($"{prefix}.{name}.weight", [inputs, outputs], WeightStart.Normal(1 / Math.Sqrt(inputs))))
        + new Weight($"{prefix}.{name}.bias", [outputs], WeightStart.Zeros);

    private int Groups(int channels)
    {
        int count = Math.Min(groups, channels);
        while (channels % count != 0)
        {
            count--;
        }

        return count;
    }
}
