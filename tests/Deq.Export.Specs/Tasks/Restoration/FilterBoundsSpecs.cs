using Deq.Export.Tasks.Restoration.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Restoration;

public sealed class FilterBoundsSpecs
{
    [Fact]
    public void Bounds_what_the_convolution_does_to_any_picture()
    {
        using IDisposable scope = NewDisposeScope();
        manual_seed(1);
        Tensor filters = randn(6, 4, 3, 3);
        double squared = FilterBounds.SquaredNorm(filters, 32);

        Tensor picture = randn(1, 4, 32, 32);
        for (int i = 0; i < 40; i++)
        {
            Tensor response = nn.functional.conv2d(picture, filters, padding: [1, 1]);
            picture = nn.functional.conv_transpose2d(response, filters, padding: [1, 1]);
            picture = picture / picture.norm();
        }

        double reached = nn.functional.conv2d(picture, filters, padding: [1, 1]).square().sum().item<float>();
        Assert.InRange(reached, 0.8 * squared, 1.001 * squared);
    }
}
