using Deq.Export.Gradients;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

public sealed class JacobianRegularizerSpecs
{
    [Fact]
    public void Estimates_the_mean_square_of_the_jacobian()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        Tensor solution = cell.Solve();
        Tensor slope = (1 - solution.square()).detach();
        double exact = (slope.square().unsqueeze(2) * cell.Weight.detach().square().unsqueeze(0)).sum().item<double>() / solution.NumberOfElements;
        using var random = new Generator(5);

        double estimate = JacobianRegularizer.Penalty(cell.Evaluate, solution, samples: 4000, random).item<double>();

        Assert.Equal(exact, estimate, 0.05 * exact);
    }

    [Fact]
    public void Falls_when_its_gradient_is_followed()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        Tensor solution = cell.Solve();
        using var random = new Generator(5);
        using var again = new Generator(5);
        Tensor before = JacobianRegularizer.Penalty(cell.Evaluate, solution, samples: 8, random);
        before.backward();
        Tensor gradient = cell.Weight.grad!.clone();
        using (no_grad())
        {
            cell.Weight.sub_(gradient * 0.05);
        }

        double after = JacobianRegularizer.Penalty(cell.Evaluate, solution, samples: 8, again).item<double>();

        Assert.True(after < before.item<double>());
    }
}
