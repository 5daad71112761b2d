using Deq.Export.Verification;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Verification;

public sealed class TensorDifferenceSpecs
{
    [Theory]
    [InlineData(1000f, 0.1f, 1e-4)]
    [InlineData(0.001f, 1e-4f, 0.1)]
    [InlineData(0f, 0.25f, 0.25)]
    [InlineData(float.NaN, 0f, double.NaN)]
    public void Is_a_share_of_the_largest_expected_value(float expected, float error, double share)
    {
        using IDisposable scope = NewDisposeScope();
        var differences = new SortedDictionary<string, double>();

        TensorDifference.Note(differences, "part", tensor((float[])[expected, 0f]), [expected, error]);

        Assert.Equal(share, differences["part"], 1e-6);
    }

    [Fact]
    public void Keeps_the_largest_of_several()
    {
        using IDisposable scope = NewDisposeScope();
        var differences = new SortedDictionary<string, double>();

        TensorDifference.Note(differences, "part", tensor((float[])[2f, -4f]), [2f, -3f]);
        TensorDifference.Note(differences, "part", tensor((float[])[100f, 0f]), [101f, 0f]);

        Assert.Equal(0.25, differences["part"]);
    }
}
