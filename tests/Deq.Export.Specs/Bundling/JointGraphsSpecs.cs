using Deq.Export.Bundling;
using Deq.Export.Graphs;
using Deq.Export.Specs.Tasks.Latent;
using Deq.Export.Tasks.Latent;
using Deq.Export.Training;
using Deq.Runtime.Models;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Bundling;

public sealed class JointGraphsSpecs
{
    [Theory]
    [InlineData(ModelParts.JointCell, 1)]
    [InlineData(ModelParts.JointCell, 2)]
    [InlineData(ModelParts.DecoderVectorJacobian, 0)]
    [InlineData(ModelParts.EncoderVectorJacobian, 0)]
    public void Pull_back_as_autograd_and_finite_differences_do(string part, int product)
    {
        using IDisposable scope = NewDisposeScope();
        ModelGraphs graphs = LatentDecoder.Build(SmallLatentDecoder.Recipe, SmallLatentDecoder.Image);
        Graph joint = JointGraphs.Of(graphs).Parts.Single(entry => entry.Part == part).Graph;
        (Graph forward, int input) = part switch
        {
            ModelParts.JointCell => (graphs.Cell, product - 1),
            ModelParts.DecoderVectorJacobian => (graphs.Decoder, 0),
            _ => (graphs.Encoder, 0),
        };
        using var parameters = new ModelParameters(graphs.Weights, seed: 3, type: ScalarType.Float64);
        IReadOnlyDictionary<string, Tensor> weights = parameters.Compose();
        Tensor[] of(Graph graph) => [.. graph.Weights.Select(weight => weights[weight.Name].detach())];
        manual_seed(5);
        Tensor[] inputs = [.. forward.Inputs.Select(entry => randn(SmallLatentDecoder.Sizes(entry.Shape, rows: 2), dtype: ScalarType.Float64))];
        Tensor u = randn(SmallLatentDecoder.Sizes(forward.Outputs[0].Value.Shape, rows: 2), dtype: ScalarType.Float64);

        Tensor written = new TorchEvaluator(joint).Run([.. inputs, u], of(joint))[product];

        Tensor Evaluate(Tensor at) => (new TorchEvaluator(forward).Run([.. inputs.Select((value, place) => place == input ? at : value)], of(forward))[0] * u).sum();
        Tensor leaf = inputs[input].clone().requires_grad_();
        Tensor gradient = autograd.grad([Evaluate(leaf)], [leaf])[0];
        Tensor direction = randn_like(gradient);
        double step = 1e-5;
        double difference = (Evaluate(inputs[input] + (direction * step)) - Evaluate(inputs[input] - (direction * step))).item<double>() / (2 * step);
        Assert.True(written.allclose(gradient, rtol: 1e-9, atol: 1e-11));
        Assert.Equal((written * direction).sum().item<double>(), difference, tolerance: 1e-5 * Math.Max(1, Math.Abs(difference)));
    }

    [Fact]
    public void Give_the_mapped_state_beside_its_products()
    {
        using IDisposable scope = NewDisposeScope();
        ModelGraphs graphs = LatentDecoder.Build(SmallLatentDecoder.Recipe, SmallLatentDecoder.Image);
        Graph joint = JointGraphs.Of(graphs).Parts[0].Graph;

        Assert.Equal([TensorNames.State, TensorNames.Injection, TensorNames.Cotangent], joint.Inputs.Select(input => input.Name));
        Assert.Equal([TensorNames.Mapped, TensorNames.CotangentProduct, TensorNames.InjectionProduct], joint.Outputs.Select(output => output.Name));
        Assert.Equal(joint.Weights.ToHashSet(), graphs.Cell.Weights.ToHashSet());
    }
}
