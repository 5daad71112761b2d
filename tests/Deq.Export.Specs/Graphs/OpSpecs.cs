using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Specs.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Graphs;

public sealed class OpSpecs
{
    // Single precision keeps 1.2e-7; sums of up to a few hundred terms in another order lose two digits of it.
    private const double SinglePrecision = 1e-5;

    public static TheoryData<string, int> Samples
    {
        get
        {
            var samples = new TheoryData<string, int>();
            foreach (OpSample sample in OpCatalogue.All)
            {
                samples.Add(sample.Name, 1);
                samples.Add(sample.Name, 3);
            }

            return samples;
        }
    }

    [Fact]
    public void Is_in_the_catalogue()
    {
        IEnumerable<Type> ops = typeof(Op).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Op)));

        IEnumerable<Type> tried = OpCatalogue.All.SelectMany(sample => sample.Graph().Nodes.OfType<Apply>()).Select(apply => apply.Op.GetType());

        Assert.Empty(ops.Except(tried));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Gives_in_ONNX_Runtime_what_it_gives_in_Torch(string name, int batch)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Trial trial = Trial.Of(name, batch);

        (float[] served, long[] extents) = ServedGraph.Run(OnnxWriter.Write(trial.Graph, trial.Weights), trial.Inputs);

        Tensor trained = trial.Torch(trial.Graph, ScalarType.Float32);
        Assert.Equal(trained.shape, extents);
        AssertClose(trained, tensor(served, extents), SinglePrecision);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Pulls_back_as_autograd_and_as_central_differences_do(string name, int batch)
    {
        using IDisposable scope = NewDisposeScope();
        Trial trial = Trial.Of(name, batch);

        foreach (Input input in trial.Graph.Inputs)
        {
            Tensor pulledBack = trial.PullBack(input, ScalarType.Float64);

            AssertClose(trial.Autograd(input), pulledBack, 1e-6);
            Assert.Equal(trial.CentralDifference(input), trial.Slope(input, pulledBack), 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Pulls_back_in_ONNX_Runtime_as_in_Torch(string name, int batch)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Trial trial = Trial.Of(name, batch);

        foreach (Input input in trial.Graph.Inputs)
        {
            Graph product = VectorJacobian.Of(trial.Graph, "result", input.Name);
            byte[] model = OnnxWriter.Write(product, trial.WeightsOf(product));
            (float[] served, long[] extents) = ServedGraph.Run(model, trial.InputsWithCotangent);

            AssertClose(trial.PullBack(input, ScalarType.Float32), tensor(served, extents), SinglePrecision);
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual, double bound)
    {
        Assert.Equal(expected.shape, actual.shape);
        double scale = Math.Max(1, expected.abs().max().to(ScalarType.Float64).item<double>());
        double distance = (expected - actual).abs().max().to(ScalarType.Float64).item<double>();
        Assert.True(distance <= bound * scale, $"They differ by {distance:g3}; values reach {scale:g3}.");
    }
}
