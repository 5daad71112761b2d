using Deq.Export.Graphs;

namespace Deq.Export.Specs.Graphs;

public sealed class ShapeSpecs
{
    [Fact]
    public void Knows_its_count_only_when_nothing_varies()
    {
        Assert.Equal(24, new Shape(2, 3, 4).Count);
        Assert.Null(new Shape("B", 3).Count);
        Assert.Equal(1, new Shape().Count);
    }

    [Fact]
    public void Has_the_same_volume_however_its_extents_are_grouped()
    {
        var apart = new Shape("B", 24, "H", "W");
        var together = new Shape("B", 4, (Dim)6 * "W" * "H");

        Assert.Equal(apart.Volume, together.Volume);
        Assert.NotEqual(apart.Volume, new Shape("B", 24, "H", "H").Volume);
        Assert.NotEqual(apart, together);
    }

    [Theory]
    [InlineData(3, 1, 1, "H")]
    [InlineData(1, 1, 0, "H")]
    [InlineData(5, 1, 2, "H")]
    [InlineData(3, 2, 1, "windows(H,3,2,1)")]
    public void Keeps_a_name_under_windows_that_keep_the_extent(int kernel, int stride, int padding, string expected)
    {
        Node y = new Input("x", "B", 1, "H", 9).Conv(new Weight("w", [1, 1, kernel, kernel], WeightStart.FanIn), null, stride, padding);

        Assert.Equal(expected, y.Shape[2].ToString());
    }

    [Fact]
    public void Halves_twice_a_name_exactly()
    {
        Node doubled = new Input("x", "B", 2, "H", "W").ResizeNearest(2);

        Assert.Equal(new Shape("B", 2, (Dim)2 * "H", (Dim)2 * "W"), doubled.Shape);
        Assert.Equal(new Shape("B", 2, "H", "W"), doubled.AveragePool(2, 2).Shape);
        Assert.Equal(new Shape("B", 2, "H", "W"), doubled.Conv(new Weight("w", [2, 2, 3, 3], WeightStart.FanIn), stride: 2).Shape);
    }

    [Fact]
    public void Tells_apart_extents_that_are_no_products()
    {
        Dim twice = (Dim)2 * "H";

        Dim odd = twice + "W";

        Assert.Equal(odd * "B", "B" * odd);
        Assert.NotEqual(odd * "B", twice * "W" * "B");
        Assert.Equal((Dim)3 * "H", twice + "H");
    }

    public static TheoryData<string, Func<Node>, string, string> Misfits => new()
    {
        { "sum", () => X("B", 3) + X("B", 4), "[B, 3]", "[B, 4]" },
        { "sum of two batches", () => X("B", 3) + X("N", 3), "[B, 3]", "[N, 3]" },
        { "product", () => X("B", 3).MatMul(X(4, 5)), "[B, 3]", "[4, 5]" },
        { "batched product", () => X(2, 3, 4).MatMul(X(3, 4, 5)), "[2, 3, 4]", "[3, 4, 5]" },
        { "convolution", () => X("B", 3, 8, 8).Conv(X(4, 2, 3, 3)), "[B, 3, 8, 8]", "[4, 2, 3, 3]" },
        { "convolution without room", () => X("B", 3, 2, 2).Conv(X(4, 3, 5, 5), padding: 0), "[B, 3, 2, 2]", "[4, 3, 5, 5]" },
        { "bias", () => X("B", 3, 8, 8).Conv(X(4, 3, 3, 3), X(5)), "[4, 3, 3, 3]", "[5]" },
        { "norm", () => X("B", 6, 8, 8).GroupNorm(2, X(6), X(5)), "[B, 6, 8, 8]", "[5]" },
        { "groups", () => X("B", 6, 8, 8).GroupNorm(4, X(6), X(6)), "[B, 6, 8, 8]", "multiple of 4" },
        { "layer norm", () => X("B", 6).LayerNorm(X(5), X(5)), "[B, 6]", "[5]" },
        { "reshape", () => X("B", 24).Reshape("B", 5, 5), "[B, 24]", "[B, 5, 5]" },
        { "reshape of two", () => X("B", "H", "W").Reshape((Dim)1, "B", "H", "W"), "[B, H, W]", "[1, B, H, W]" },
        { "slice", () => X("B", 24).Slice(1, 20, 5), "[B, 24]", "indices 20 to 24 of axis 1" },
        { "slice of what varies", () => X("B", 24).Slice(0, 0, 1), "[B, 24]", "axis 0" },
        { "concat", () => X("B", 2, 3).Concat(1, X("B", 2, 4)), "[B, 2, 3]", "[B, 2, 4]" },
        { "pool", () => X("B", 2, 3).AveragePool(2, 2), "[B, 2, 3]", "[B, C, H, W]" },
        { "transpose", () => X("B", 2, 3).Transpose(0, 1), "[B, 2, 3]", "(0, 1)" },
        { "sum over an axis", () => X("B", 2).ReduceSum([2], true), "[B, 2]", "2" },
        { "expand", () => X(3, 2).ExpandLike(X("B", 2)), "[3, 2]", "[B, 2]" },
        { "grid", () => X("B", 2, 3, 3).GridSample(X("B", 4, 4, 3)), "[B, 2, 3, 3]", "[B, 4, 4, 3]" },
        { "constant", () => new Constant([1, 2, 3], [2, 2]), "[2, 2]", "3 were given" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Is_named_in_the_error_when_it_does_not_fit(string reason, Func<Node> build, string first, string second)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => build());

        Assert.True(refusal.Message.Contains(first) && refusal.Message.Contains(second), $"{reason}: {refusal.Message}");
    }

    private static Input X(params Dim[] shape) => new("x", shape);
}
