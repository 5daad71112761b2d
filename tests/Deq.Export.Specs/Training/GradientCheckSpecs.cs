using Deq.Export.Gradients;
using Deq.Export.Graphs;
using Deq.Export.Solving;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Training;

public sealed class GradientCheckSpecs
{
    [Fact]
    public void Finds_the_exact_gradient_at_no_angle_to_itself_and_a_short_cut_at_some()
    {
        using IDisposable scope = NewDisposeScope();
        ClassifierRecipe recipe = SmallRecipe.Read(ThreeShapes.Recipe(epochs: 2));
        ModelGraphs graphs = ArchitectureCatalogue.Build(recipe.Architecture, recipe.Input, classes: 3);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        using var check = new GradientCheck(new EquilibriumNetwork(graphs), state);
        using var exact = new ImplicitGradient(new AndersonAcceleration { Depth = 8 }, RowGrant.Of(1e-5, 300));
        using var random = new Generator(1);
        using var oneStep = new OneStep();
        Tensor images = randn([6, 1, 8, 8], generator: random);
        Tensor labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        TorchSolution solution = TorchSolution.Given(zeros(6, graphs.StateWidth));
        Tensor Loss(Tensor logits) => nn.functional.cross_entropy(logits, labels);

        double same = check.Cosine(exact, images, Loss, mask: null, solution);
        double other = check.Cosine(oneStep, images, Loss, mask: null, solution);

        Assert.Equal(1, same, 1e-4);
        Assert.InRange(other, -1, 0.9999);
        Assert.All(state.Parameters.Trainable, entry => Assert.True(entry.Value.grad is null || entry.Value.grad.abs().max().item<float>() == 0));
    }
}
