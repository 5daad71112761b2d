using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Group normalisation: each group of channels of each sample to mean 0 and variance 1, then a scale and a shift per channel.</summary>
/// <remarks>
/// x <c>[B, C, …]</c>, scale and shift <c>[C]</c>. The variance is the biased one. One group per channel is instance normalisation.
/// Source: Wu and He, "Group normalization", ECCV 2018.
/// </remarks>
/// <param name="groups">At least 1; divides C.</param>
/// <param name="epsilon">Added to the variance, above 0.</param>
public sealed class GroupNorm(int groups, float epsilon) : Op
{
    /// <inheritdoc/>
    public override string Name => "GroupNorm";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        if (x.Rank < 2 || x[1].Known is not { } channels || channels % groups != 0)
        {
            throw Refuse(inputs, $"x is [B, C, …] with C a multiple of {groups}.");
        }

        var perChannel = new Shape(channels);
        return inputs[1].Equals(perChannel) && inputs[2].Equals(perChannel)
            ? x
            : throw Refuse(inputs, $"scale and shift are {perChannel}.");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => nn.functional.group_norm(inputs[0], groups, inputs[1], inputs[2], epsilon);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node x = y.Inputs[0];
        Dim channels = x.Shape[1];
        int[] allButChannels = [.. Enumerable.Range(0, x.Shape.Rank).Where(axis => axis != 1)];
        if (input == 2)
        {
            return u.ReduceSum(allButChannels, keepDims: false);
        }

        var grouped = new Shape(x.Shape[0], groups, new Shape(x.Shape.Dims[1..]).Volume / groups);
        var standard = new Standardized(x.Reshape(grouped), [2], epsilon);
        if (input == 1)
        {
            return (u * standard.Value.ReshapeLike(x)).ReduceSum(allButChannels, keepDims: false);
        }

        Node scaled = u * y.Inputs[1].Reshape([channels, .. Enumerable.Repeat((Dim)1, x.Shape.Rank - 2)]);
        return standard.PullBack(scaled.Reshape(grouped)).ReshapeLike(x);
    }

    // ONNX Runtime has no CPU kernel for GroupNormalization; InstanceNormalization over [B, groups, rest] is its fastest equivalent.
    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        Shape x = y.Inputs[0].Shape;
        int channels = x[1].Coefficient;
        if (groups == channels && x.Rank > 2)
        {
            return scope.Add("InstanceNormalization", inputs, ("epsilon", epsilon));
        }

        string grouped = scope.Add("Reshape", [inputs[0], scope.Integers(0, groups, -1)]);
        string normal = scope.Add(
            "InstanceNormalization",
            [grouped, scope.Repeated(1, groups), scope.Repeated(0, groups)],
            ("epsilon", epsilon));
        bool isKnown = new Shape(x.Dims[1..]).Count is not null;
        string sizes = isKnown
            ? scope.Integers([0, .. x.Dims[1..].ToArray().Select(dim => (long)dim.Coefficient)])
            : scope.Add("Shape", [inputs[0]]);
        string whole = scope.Add("Reshape", [normal, sizes]);
        string perChannel = scope.Integers([channels, .. Enumerable.Repeat(1L, x.Rank - 2)]);
        string scaled = scope.Add("Mul", [whole, scope.Add("Reshape", [inputs[1], perChannel])]);
        return scope.Add("Add", [scaled, scope.Add("Reshape", [inputs[2], perChannel])]);
    }
}
