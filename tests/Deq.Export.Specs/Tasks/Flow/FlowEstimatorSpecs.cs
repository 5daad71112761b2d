using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks.Flow;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow;

public sealed class FlowEstimatorSpecs
{
    private static readonly FlowSizes s_small = new() { Features = 8, Trunk = [8, 8], Window = 2 };

    public static TheoryData<int, int, int> SizesOfFrames => new()
    {
        { 1, 16, 16 },
        { 2, 32, 48 },
        { 1, 64, 16 },
        { 2, 80, 112 },
    };

    [Theory, MemberData(nameof(SizesOfFrames))]
    public void Gives_in_ONNX_Runtime_what_it_gives_in_Torch_whatever_the_size(int batch, int height, int width)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor image = Random(3, batch, 9, height, width);

        Tensor[] given = model.Encoder(image);
        Tensor z = zeros(batch, FlowSizes.State, height / 4, width / 4);
        for (int i = 0; i < 3; i++)
        {
            z = model.Cell([z, given[0]])[0];
        }

        Tensor flow = model.Decoder(z, given[1])[0];
        Assert.Equal([batch, 2, height, width], flow.shape);
        Assert.True(flow.abs().max().item<float>() > 0.01);
        Assert.InRange(model.Distance, 0, 2e-4);
    }

    [Fact]
    public void Gives_a_row_the_same_alone_and_in_a_batch()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor image = Random(4, 2, 9, 32, 48);
        Tensor z = Random(5, 2, FlowSizes.State, 8, 12);

        Tensor together = model.Cell([z, model.Encoder(image)[0]])[0];
        Tensor alone = model.Cell([z.narrow(0, 1, 1), model.Encoder(image.narrow(0, 1, 1))[0]])[0];

        Assert.True(together.narrow(0, 1, 1).allclose(alone, rtol: 1e-5, atol: 1e-5));
    }

    [Fact]
    public void Weighs_what_is_measured_and_the_neighbours_within_the_frame_by_one_in_sum()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor image = Random(6, 1, 9, 32, 32);
        Tensor x = model.Encoder(image)[0];
        Tensor still = cat([zeros(1, 2, 8, 8), x.narrow(1, 2, 16)], 1);

        Tensor ones = model.Cell([TorchSharp.torch.ones(1, 2, 8, 8), still])[0];

        Tensor neighbours = x.narrow(1, 2, 16).sum(1, keepdim: true);
        Assert.True(x.narrow(1, 2, 16).min().item<float>() >= 0);
        Assert.InRange(neighbours.max().item<float>(), 0, 1 - 1e-6f);
        Assert.True(ones.narrow(1, 0, 1).allclose(neighbours, atol: 1e-5));
    }

    [Fact]
    public void Ends_in_one_flow_from_every_start()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor x = model.Encoder(Random(7, 1, 9, 32, 32))[0];
        Tensor near = zeros(1, 2, 8, 8), far = 50 * Random(8, 1, 2, 8, 8);
        double apart = (near - far).abs().max().item<float>();

        for (int i = 0; i < 400; i++)
        {
            (near, far) = (model.InTorch([near, x]), model.InTorch([far, x]));
            double nearer = (near - far).abs().max().item<float>();
            Assert.True(nearer <= apart * (1 + 1e-6), $"{nearer} after {apart}");
            apart = nearer;
        }

        Assert.InRange(apart, 0, 1e-2);
    }

    [Fact]
    public void Holds_the_inner_products_of_pooled_features_in_its_volumes()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor a = Random(1, 1, 5, 8, 12);
        Tensor b = Random(2, 1, 5, 4, 6);
        var first = new Input("a", "B", 5, (Dim)2 * "H", (Dim)2 * "W");
        var second = new Input("b", "B", 5, "H", "W");
        var graph = new Graph("volume", [first, second], [("y", first.WindowCorrelation(second, 3))]);

        Tensor volume = new TorchEvaluator(graph).Run([a, b], [])[0];

        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 12; x++)
            {
                AssertWindow(a, b, volume, x, y);
            }
        }
    }

    [Fact]
    public void Has_the_cell_pull_back_that_autograd_finds_whatever_the_size()
    {
        using IDisposable scope = NewDisposeScope();
        var model = new Both(s_small);
        Tensor[] x = [model.Encoder(Random(6, 2, 9, 32, 16))[0].detach()];
        Tensor z = (0.5 * Random(7, 2, FlowSizes.State, 8, 4)).requires_grad_(true);
        Tensor u = Random(8, 2, FlowSizes.State, 8, 4);

        Tensor product = model.PullBack([z.detach(), .. x, u]);

        (model.Cell([z, .. x])[0] * u).sum().backward();
        double scale = z.grad!.abs().max().item<float>();
        Assert.InRange((product - z.grad).abs().max().item<float>(), 0, 1e-4 * scale);
    }

    [Fact]
    public void Upsamples_a_uniform_flow_to_itself_away_from_the_edges()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor image = Random(9, 1, 9, 32, 32);
        image.narrow(1, 6, 1).fill_(4);
        image.narrow(1, 7, 1).fill_(-8);
        Tensor z = cat([ones(1, 1, 8, 8), -2 * ones(1, 1, 8, 8)], 1);

        Tensor flow = model.Decoder(z, model.Encoder(image)[1])[0].narrow(2, 8, 16).narrow(3, 8, 16);

        Assert.True(flow[0, 0].allclose(4 * ones(16, 16), atol: 1e-5));
        Assert.True(flow[0, 1].allclose(-8 * ones(16, 16), atol: 1e-5));
    }

    [Fact]
    public void Is_small_as_it_is_sized_by_default()
    {
        FlowGraphs graphs = FlowEstimator.Build(new FlowSizes());

        int numbers = graphs.Model.Weights.Sum(weight => weight.Shape.Count!.Value);

        Assert.InRange(numbers, 100_000, 300_000);
    }

    [Fact]
    public void Refuses_a_window_of_nothing()
    {
        Assert.Contains("2 and 0", Assert.Throws<ArgumentException>(() => FlowEstimator.Build(new FlowSizes { Window = 0 })).Message);
    }

    private static void AssertWindow(Tensor a, Tensor b, Tensor volume, int x, int y)
    {
        for (int down = -3; down <= 3; down++)
        {
            for (int right = -3; right <= 3; right++)
            {
                (int column, int row) = ((x / 2) + right, (y / 2) + down);
                float expected = column is < 0 or >= 6 || row is < 0 or >= 4
                    ? 0
                    : (a[0, TensorIndex.Colon, y, x] * b[0, TensorIndex.Colon, row, column]).sum().item<float>();
                Assert.Equal(expected, volume[0, y, x, down + 4, right + 4].item<float>(), 1e-4f);
            }
        }

        Tensor window = volume[0, y, x];
        Assert.Equal(window.narrow(0, 1, 7).narrow(1, 1, 7).abs().sum().item<float>(), window.abs().sum().item<float>(), 1e-4f);
    }

    private static Tensor Random(int seed, params long[] extents)
    {
        var random = new Random(seed);
        long count = extents.Aggregate(1L, (product, n) => product * n);
        return tensor([.. Enumerable.Range(0, (int)count).Select(_ => (float)((2 * random.NextDouble()) - 1))], extents);
    }

    /// <summary>The estimator with drawn weights, in Torch, and every value compared with ONNX Runtime's.</summary>
    private sealed class Both(FlowSizes sizes)
    {
        private readonly FlowGraphs _graphs = FlowEstimator.Build(sizes);
        private readonly Dictionary<string, byte[]> _models = [];

        /// <summary>The furthest that the two were apart, relative to the largest value of that part.</summary>
        public double Distance { get; private set; }

        public Tensor[] Encoder(Tensor image) => Run(_graphs.Encoder, [image]);

        public Tensor[] Cell(Tensor[] inputs) => Run(_graphs.Cell, inputs);

        public Tensor[] Decoder(Tensor z, Tensor detail) => Run(_graphs.Decoder, [z, detail]);

        /// <summary>The cell, not compared.</summary>
        public Tensor InTorch(Tensor[] inputs) => new TorchEvaluator(_graphs.Cell).Run(inputs, [])[0];

        public Tensor PullBack(Tensor[] inputs) => Run(VectorJacobian.Of(_graphs.Cell, "fz", "z"), inputs)[0];

        private Tensor[] Run(Graph graph, Tensor[] inputs)
        {
            float[][] weights = [.. graph.Weights.Select(weight => weight.Start.Draw(weight.Extents, new Random(weight.Name.Sum(letter => letter))))];
            Tensor[] values = [.. graph.Weights.Zip(weights, (weight, drawn) => tensor(drawn, [.. weight.Extents.Select(n => (long)n)]))];
            Tensor[] outputs = new TorchEvaluator(graph).Run(inputs, values);
            if (!_models.TryGetValue(graph.Name, out byte[]? model))
            {
                model = OnnxWriter.Write(graph, weights);
                _models.Add(graph.Name, model);
            }

            Compare(graph, model, inputs, outputs);
            return outputs;
        }

        private void Compare(Graph graph, byte[] model, Tensor[] inputs, Tensor[] outputs)
        {
            using var options = new SessionOptions { IntraOpNumThreads = 1 };
            using var session = new InferenceSession(model, options);
            using var run = new RunOptions();
            float[][] flat = [.. inputs.Select(input => input.detach().contiguous().data<float>().ToArray())];
            Dictionary<string, OrtValue> values = graph.Inputs.Select((input, i) => (input.Name, Index: i))
                .ToDictionary(input => input.Name, input => OrtValue.CreateTensorValueFromMemory(flat[input.Index], inputs[input.Index].shape));
            using IDisposableReadOnlyCollection<OrtValue> served = session.Run(run, values, [.. graph.Outputs.Select(output => output.Name)]);
            for (int i = 0; i < outputs.Length; i++)
            {
                Assert.Equal(outputs[i].shape, served[i].GetTensorTypeAndShape().Shape);
                Tensor other = tensor(served[i].GetTensorDataAsSpan<float>().ToArray(), outputs[i].shape);
                double scale = Math.Max(1, outputs[i].detach().abs().max().item<float>());
                Distance = Math.Max(Distance, (outputs[i].detach() - other).abs().max().item<float>() / scale);
            }

            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }
}
