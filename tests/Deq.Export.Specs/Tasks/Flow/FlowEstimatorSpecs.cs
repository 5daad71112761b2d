using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow;

public sealed class FlowEstimatorSpecs
{
    private static readonly FlowSizes s_small = new()
    {
        Hidden = 8,
        Features = 8,
        Trunk = [8, 8],
        Motion = 8,
        Levels = 3,
        Window = 4,
        Lookup = 2,
    };

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
        Tensor image = Random(3, batch, 6, height, width);

        Tensor[] x = model.Encoder(image);
        Tensor z = zeros(batch, s_small.State, height / 4, width / 4);
        for (int i = 0; i < 3; i++)
        {
            z = model.Cell([z, .. x])[0];
        }

        Tensor flow = model.Decoder(z)[0];
        Assert.Equal([batch, 2, height, width], flow.shape);
        Assert.True(flow.abs().max().item<float>() > 0.01);
        Assert.InRange(model.Distance, 0, 2e-4);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(3e38f)]
    public void Looks_nowhere_it_must_not_for_a_flow_that_is_no_place(float flow)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor[] x = model.Encoder(Random(3, 1, 6, 32, 32));
        Tensor z = zeros(1, s_small.State, 8, 8);
        z[0, s_small.Hidden, 4, 4] = flow;

        model.Cell([z, .. x]);

        Assert.True(float.IsFinite(flow) ? model.Distance < 1e-3 : double.IsNaN(model.Distance));
    }

    [Fact]
    public void Gives_a_row_the_same_alone_and_in_a_batch()
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var model = new Both(s_small);
        Tensor image = Random(4, 2, 6, 32, 48);
        Tensor z = Random(5, 2, s_small.State, 8, 12);

        Tensor together = model.Cell([z, .. model.Encoder(image)])[0];
        Tensor alone = model.Cell([z.narrow(0, 1, 1), .. model.Encoder(image.narrow(0, 1, 1))])[0];

        Assert.True(together.narrow(0, 1, 1).allclose(alone, rtol: 1e-5, atol: 1e-5));
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
    public void Looks_up_at_every_level_where_the_flow_leads()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor window = zeros([1, 2, 2, 7, 7]);
        window[0, 1, 0, 3 - 1, 3 + 2] = 1f;
        Tensor flow = zeros(1, 2, 2, 2);
        flow[0, 0, 1, 0] = 1.5f;
        flow[0, 1, 1, 0] = -1f;
        var volume = new Input("volume", "B", "H", "W", 7, 7);
        var place = new Input("place", "B", 2, "H", "W");
        var graph = new Graph("read", [volume, place], [("y", volume.WindowSample(place, 1))]);

        Tensor read = new TorchEvaluator(graph).Run([window, flow], [])[0];

        Tensor expected = tensor((float[])[0, 0, 0, 0, 0.5f, 0.5f, 0, 0, 0]);
        Assert.True(read[0, TensorIndex.Colon, 1, 0].allclose(expected, atol: 1e-6));
        Assert.Equal(1, read.sum().item<float>(), 1e-6f);
    }

    [Fact]
    public void Has_the_cell_pull_back_that_autograd_finds_whatever_the_size()
    {
        using IDisposable scope = NewDisposeScope();
        var model = new Both(s_small);
        Tensor[] x = [.. model.Encoder(Random(6, 2, 6, 32, 16)).Select(part => part.detach())];
        Tensor z = (0.5 * Random(7, 2, s_small.State, 8, 4)).requires_grad_(true);
        Tensor u = Random(8, 2, s_small.State, 8, 4);

        Tensor product = model.PullBack([z.detach(), .. x, u]);

        (model.Cell([z, .. x])[0] * u).sum().backward();
        double scale = z.grad!.abs().max().item<float>();
        Assert.InRange((product - z.grad).abs().max().item<float>(), 0, 1e-4 * scale);
    }

    [Fact]
    public void Upsamples_a_uniform_flow_to_itself_away_from_the_edges()
    {
        using IDisposable scope = NewDisposeScope();
        var model = new Both(s_small);
        Tensor z = cat([Random(9, 1, s_small.Hidden, 8, 8), ones(1, 1, 8, 8), -2 * ones(1, 1, 8, 8)], 1);

        Tensor flow = model.Decoder(z)[0].narrow(2, 4, 24).narrow(3, 4, 24);

        Assert.True(flow[0, 0].allclose(4 * ones(24, 24), atol: 1e-5));
        Assert.True(flow[0, 1].allclose(-8 * ones(24, 24), atol: 1e-5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(2.75)]
    [InlineData(2.667)]
    public void Sees_of_finer_cells_what_it_sees_of_enlarged_frames_and_brings_the_flow_back(double pixelsPerCell)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        CellSize size = CellSize.Of(pixelsPerCell)!.Value;
        var finer = new Both(s_small, size);
        var plain = new Both(s_small);
        (int rows, int columns) = (2 * s_small.Cells(size), 4 * s_small.Cells(size));
        (int height, int width) = (2 * s_small.Multiple(size), 4 * s_small.Multiple(size));
        Tensor image = Random(3, 2, 6, height, width);
        Tensor enlarged = nn.functional.interpolate(image, [4L * rows, 4L * columns], mode: InterpolationMode.Bilinear, align_corners: false);
        Tensor z = Random(4, 2, s_small.State, rows, columns);

        Tensor[] seen = finer.Encoder(image);
        Tensor flow = finer.Decoder(finer.Cell([z, .. seen])[0])[0];

        Assert.All(seen.Zip(plain.Encoder(enlarged)), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-4, atol: 1e-5)));
        Tensor large = plain.Decoder(plain.Cell([z, .. seen])[0])[0] * (size.Pixels / 4);
        Tensor expected = nn.functional.interpolate(large, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
        Assert.True(flow.allclose(expected, rtol: 1e-4, atol: 1e-5));
        Assert.InRange(finer.Distance, 0, 2e-4);
    }

    [Theory]
    [InlineData(4, 1, 1, 4, 16)]
    [InlineData(3, 4, 3, 4, 12)]
    [InlineData(2.75, 16, 11, 4, 11)]
    [InlineData(2.667, 3, 2, 12, 32)]
    [InlineData(2.5, 8, 5, 4, 10)]
    [InlineData(1, 4, 1, 4, 4)]
    public void Has_cells_of_pixels_that_make_a_fraction_of_small_numbers(double pixelsPerCell, int factor, int divisor, int cells, int pixels)
    {
        CellSize size = CellSize.Of(pixelsPerCell)!.Value;

        Assert.Equal((factor, divisor), (size.Factor, size.Divisor));
        Assert.Equal((cells, pixels), (new FlowSizes().Cells(size), new FlowSizes().Multiple(size)));
        Assert.Equal(pixels / (double)cells, size.Pixels, 12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(3.3)]
    [InlineData(5)]
    [InlineData(double.NaN)]
    public void Has_no_cells_of_other_sizes(double pixelsPerCell) => Assert.Null(CellSize.Of(pixelsPerCell));

    [Fact]
    public void Is_small_as_it_is_sized_by_default()
    {
        FlowGraphs graphs = FlowEstimator.Build(new FlowSizes());

        int numbers = graphs.Weights.Sum(weight => weight.Shape.Count!.Value);

        Assert.InRange(numbers, 400_000, 700_000);
        Assert.Equal(16, graphs.Multiple);
    }

    [Fact]
    public void Refuses_a_window_that_the_lookup_does_not_fit_in()
    {
        Assert.Contains("3 above 3", Assert.Throws<ArgumentException>(() => FlowEstimator.Build(new FlowSizes { Window = 3 })).Message);
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

    /// <summary>The estimator with drawn weights, in Torch, and every value held against ONNX Runtime's.</summary>
    private sealed class Both(FlowSizes sizes, CellSize size)
    {
        private readonly FlowGraphs _graphs = FlowEstimator.Build(sizes, size);
        private readonly Dictionary<string, byte[]> _models = [];

        public Both(FlowSizes sizes)
            : this(sizes, CellSize.Whole)
        {
        }

        /// <summary>The furthest that the two were apart, relative to the largest value of that part.</summary>
        public double Distance { get; private set; }

        public Tensor[] Encoder(Tensor image) => Run(_graphs.Encoder, [image]);

        public Tensor[] Cell(Tensor[] inputs) => Run(_graphs.Cell, inputs);

        public Tensor[] Decoder(Tensor z) => Run(_graphs.Decoder, [z]);

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
