using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;
using Deq.Runtime.Specs.States;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Onnx;

/// <summary>An OnnxDeviceLane against an OnnxLane of the same bundle on the processor, in host memory.</summary>
public sealed class OnnxDeviceLaneSpecs : IDisposable
{
    private const string Tiny = "tiny";
    private const string FashionMnist = "fashion-mnist";

    private readonly TemporaryFolder _folder = new();
    private readonly List<ModelBundle> _bundles = [];

    public static IEnumerable<TheoryDataRow<string, string, string>> MethodsOnBundles =>
        from device in SpaceUnderTest.Devices
        from bundle in new[] { Tiny, FashionMnist }
        from method in FixedPointMethods.Names
        select new TheoryDataRow<string, string, string>(device, bundle, method);

    public static TheoryData<string> Devices => [.. SpaceUnderTest.Devices];

    public void Dispose()
    {
        _bundles.ForEach(bundle => bundle.Dispose());
        _folder.Dispose();
    }

    /// <summary>Solved as it is served: to the bundle's own tolerance, within its own budget.</summary>
    [Theory, MemberData(nameof(MethodsOnBundles))]
    public void Answers_as_a_lane_in_host_memory_does(string device, string name, string method)
    {
        ModelBundle bundle = Open(name, device);
        OnnxModel model = bundle.Model;
        RowGrant grant = RowGrant.Of(bundle.Manifest.Defaults.Tolerance, bundle.Manifest.Defaults.MaxEvaluations);
        float[][] inputs = name == Tiny ? [.. Enumerable.Range(1, 5).Select(TinyBundle.Image)] : Samples(bundle);
        using OnnxLane host = Open(name, "cpu").Model.OpenLane(3);
        using OnnxDeviceLane onDevice = model.OpenDeviceLane(3);

        (RowSolution Solution, float[] State, float[] Output)[] expected =
            Solve(host, method, grant, inputs, (slot, row) => host.Space.Row(slot, row).ToArray());
        (RowSolution Solution, float[] State, float[] Output)[] actual = Solve(onDevice, method, grant, inputs, (slot, row) =>
        {
            float[] state = new float[model.StateWidth];
            onDevice.Space.Read(slot, row, state);
            return state;
        });

        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.Equal((expected[i].Solution.Stop, expected[i].Solution.Evaluations), (actual[i].Solution.Stop, actual[i].Solution.Evaluations));
            Assert.InRange(Distance(expected[i].State, actual[i].State), 0, 1e-5);
            Assert.InRange(Distance(expected[i].Output, actual[i].Output), 0, 1e-5);
        }
    }

    [Theory, MemberData(nameof(Devices))]
    public void Moves_the_injection_with_its_row(string device)
    {
        OnnxModel model = Open(Tiny, device).Model;
        using OnnxDeviceLane lane = model.OpenDeviceLane(3);
        int slot = lane.Space.Allocate(2);
        lane.Encode(TinyBundle.Image(5), 2);
        lane.Encode(TinyBundle.Image(6), 1);
        lane.Start(slot, 0);

        lane.Move([new RowMove(2, 0)]);
        lane.Evaluate(slot, slot + 1, 1);

        var tiny = new TinyBundle();
        float[] actual = new float[TinyBundle.StateWidth];
        lane.Space.Read(slot + 1, 0, actual);
        double[] mapped = tiny.Map(new double[TinyBundle.StateWidth], tiny.Injection(TinyBundle.Image(5)));
        Assert.InRange(Distance([.. mapped.Select(value => (float)value)], actual), 0, 1e-5);
    }

    [Theory, MemberData(nameof(Devices))]
    public void Starts_a_row_at_zero_whatever_it_held(string device)
    {
        using OnnxDeviceLane lane = Open(Tiny, device).Model.OpenDeviceLane(2);
        int slot = lane.Space.Allocate(1);
        float[] start = new float[TinyBundle.StateWidth];
        float[] neighbour = [.. Enumerable.Repeat(3f, TinyBundle.StateWidth)];
        lane.Space.Write(slot, 0, neighbour);
        lane.Space.Write(slot, 1, [.. Enumerable.Repeat(float.NaN, TinyBundle.StateWidth)]);

        lane.Start(slot, 1);

        lane.Space.Read(slot, 1, start);
        Assert.All(start, number => Assert.Equal(0, number));
        lane.Space.Read(slot, 0, start);
        Assert.Equal(neighbour, start);
    }

    [Theory, MemberData(nameof(Devices))]
    public async Task Serves_an_engine_whose_rows_join_and_leave(string device)
    {
        OnnxModel model = Open(Tiny, device).Model;
        var options = new EngineOptions { Threads = 2, RowsPerThread = 4 };
        await using var engine = new InferenceEngine("device", new OnDevice(model), options);
        var tiny = new TinyBundle();

        float[][] logits = await Task.WhenAll(Enumerable.Range(0, 60).Select(async seed =>
        {
            InferenceRequest<float[]> request = EngineRequests.Request(TinyBundle.Image(seed)) with
            {
                Method = FixedPointMethods.All[seed % FixedPointMethods.All.Count],
                Tolerance = new() { Limit = Math.Pow(10, -4 - (seed % 3)) },
            };
            return (await engine.Ask(request)).Result!;
        }));

        for (int seed = 0; seed < logits.Length; seed++)
        {
            double[] expected = tiny.Logits(tiny.FixedPoint(TinyBundle.Image(seed)));
            Assert.InRange(Distance([.. expected.Select(value => (float)value)], logits[seed]), 0, 1e-3);
        }
    }

    /// <summary>A ring of five pairs as a method uses it. On a GPU each array that goes in costs what binding it costs: see OnnxBindingSpecs.</summary>
    [Fact]
    public void Allocates_nothing_per_evaluation_on_a_processor_once_it_has_warmed_up()
    {
        using OnnxDeviceLane lane = Open(Tiny, "cpu").Model.OpenDeviceLane(4);
        int z = lane.Space.Allocate(11);
        for (int row = 0; row < 4; row++)
        {
            lane.Encode(TinyBundle.Image(row), row);
        }

        EvaluateOften(lane, z, 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        EvaluateOften(lane, z, 100);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Allocates_nothing_in_a_step_of_the_loop_on_a_processor()
    {
        TinyBundle.Write(_folder["slow"], new() { SpectralNorm = 0.999 });
        using var slow = ModelBundle.Open(_folder["slow"], new());
        using OnnxDeviceLane lane = slow.Model.OpenDeviceLane(2);
        var batch = new RunningBatch(lane.Space, lane, new PicardIteration { Damping = 0.5 }, TimeProvider.System);
        BindCopies(lane.Space);

        // The first solves bind memory, also for the states that are kept once they rest at rounding and repeat themselves.
        Join();
        Step(batch, 1000);
        Assert.Equal(0, batch.Rows);
        batch.Release();
        Join();
        Step(batch, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(batch, 20);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(2, batch.Rows);
        Assert.Equal(0, allocated);

        void Join()
        {
            for (int i = 0; i < 2; i++)
            {
                batch.Join(RowGrant.Of(1e-12, 1000), out int row);
                lane.Encode(TinyBundle.Image(i), row);
                lane.Start(batch.IterateSlot, row);
            }
        }
    }

    [Fact]
    public void Refuses_an_input_of_another_length_and_names_both()
    {
        using OnnxDeviceLane lane = Open(Tiny, "cpu").Model.OpenDeviceLane(1);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => lane.Encode(new float[63], 0));

        Assert.Contains("63", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("64", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Copies of a best iterate happen when they must, so no warm-up is sure to have seen them. Picard's slots: z, two f(z), g, best.</summary>
    private static void BindCopies(OnnxStateSpace space)
    {
        const int slots = 5;
        for (int pair = 0; pair < slots * slots; pair++)
        {
            space.CopyRow(pair / slots, pair % slots, 0);
            space.CopyRow(pair / slots, pair % slots, 1);
        }
    }

    private static void Step(RunningBatch batch, int times)
    {
        for (int i = 0; i < times; i++)
        {
            batch.Step();
        }
    }

    private static void EvaluateOften(OnnxDeviceLane lane, int z, int times)
    {
        Span<double> products = stackalloc double[4 * 4];
        Span<double> weights = stackalloc double[4 * 3];
        for (int i = 0; i < times; i++)
        {
            (int mapped, int difference, int older) = (z + 1 + (i % 5), z + 6 + (i % 5), z + 6 + ((i + 4) % 5));
            lane.Evaluate(z, mapped, 4);
            weights.Fill(0.5);
            weights[1] = i % 2;
            lane.Space.Combine([mapped, z, older], weights, difference, 4);
            lane.Space.InnerProducts(difference, [older, mapped, z, difference], products, 4);
            lane.Space.CopyRow(mapped, z, i % 4);
            lane.Space.Move([new RowMove(3, i % 3)]);
            lane.Move([new RowMove(3, i % 3)]);
        }
    }

    private static float[][] Samples(ModelBundle bundle) =>
    [
        .. Directory.GetFiles(Repository.Folder("docs", "samples"), "*.png").Order(StringComparer.Ordinal).Select(file =>
        {
            float[] pixels = new float[bundle.Model.InputLength];
            ImageTensor.Fill(ImageDecoder.Decode(File.ReadAllBytes(file), new ImageLimits()), bundle.Manifest.Input, pixels);
            return pixels;
        }),
    ];

    /// <summary>Solves through three rows: two inputs join when rows have left.</summary>
    private static (RowSolution Solution, float[] State, float[] Output)[] Solve(
        IModelLane lane, string method, RowGrant grant, float[][] inputs, Func<int, int, float[]> read)
    {
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Find(method)!, TimeProvider.System);
        var answers = new (RowSolution Solution, float[] State, float[] Output)[inputs.Length];
        int next = 0;
        while (next < inputs.Length || batch.Rows > 0)
        {
            for (batch.Release(); next < inputs.Length && batch.Rows < batch.Capacity; next++)
            {
                batch.Join(grant, out int row);
                lane.Encode(inputs[next], row);
                lane.Start(batch.IterateSlot, row);
            }

            batch.Step();
            foreach (FinishedRow done in batch.Finished)
            {
                float[] output = new float[10];
                lane.Decode(done.Slot, done.Row, output);
                answers[done.Ticket] = (done.Solution, read(done.Slot, done.Row), output);
            }

            batch.Release();
        }

        return answers;
    }

    private static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow((double)a - b, 2)).Sum() / expected.Sum(a => (double)a * a));

    private ModelBundle Open(string bundle, string device)
    {
        string directory = bundle == Tiny ? TinyBundle.Write(_folder[$"tiny-{_bundles.Count}"]) : Repository.Folder("models", bundle);
        var opened = ModelBundle.Open(directory, new ExecutionOptions { Device = device });
        _bundles.Add(opened);
        return opened;
    }

    /// <summary>A model whose lanes keep their states on the device, whichever it is.</summary>
    private sealed record OnDevice(OnnxModel Model) : IEquilibriumModel
    {
        public int InputLength => Model.InputLength;

        public int StateWidth => Model.StateWidth;

        public int OutputLength => Model.OutputLength;

        public IModelLane OpenLane(int capacity) => Model.OpenDeviceLane(capacity);
    }
}
