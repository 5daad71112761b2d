using System.Runtime.InteropServices;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Onnx;

/// <summary>An OnnxLane against plain arithmetic in double precision.</summary>
public sealed class OnnxLaneSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TinyBundle _tiny = new(new() { HasVectorJacobian = true });
    private readonly ModelBundle _bundle;

    public OnnxLaneSpecs()
    {
        _tiny.Write(_folder["tiny"]);
        _bundle = ModelBundle.Open(_folder["tiny"], new());
    }

    public void Dispose()
    {
        _bundle.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("picard")]
    [InlineData("anderson")]
    [InlineData("broyden")]
    public void Finds_the_fixed_points_and_logits_that_double_precision_finds(string method)
    {
        float[][] images = [.. Enumerable.Range(0, 5).Select(TinyBundle.Image)];
        using OnnxLane lane = _bundle.Model.OpenLane(images.Length);

        float[][] logits = Solve(lane, method, images, out float[][] states);

        for (int i = 0; i < images.Length; i++)
        {
            double[] expected = _tiny.FixedPoint(images[i]);
            Assert.True(Distance(expected, states[i]) < 1e-4);
            Assert.True(Distance(_tiny.Logits(expected), logits[i]) < 1e-3);
        }
    }

    [Fact]
    public void Says_which_numbers_its_graphs_cannot_be_run_on()
    {
        string folder = TinyBundle.Write(_folder["looking-up"]);
        BundleCorruption.Replace(folder, "cell.onnx", MixedGraphs.LookUpCell());
        using var bundle = ModelBundle.Open(folder, new());
        using OnnxLane lane = bundle.Model.OpenLane(1);
        int z = lane.Space.Allocate(2);
        lane.Space.Row(z, 0).Clear();
        lane.Encode(TinyBundle.Image(1), 0);
        lane.Evaluate(z, z + 1, 1);
        lane.Encode([.. TinyBundle.Image(1).Select(number => 1e6f * number)], 0);

        Exception fault = Assert.ThrowsAny<Exception>(() => lane.Evaluate(z, z + 1, 1));

        Assert.StartsWith("indices element out of data bounds, idx=", lane.RefusalBy(fault), StringComparison.Ordinal);
        Assert.False(DeviceCheck.IsFailure(fault));
        Assert.Null(lane.RefusalBy(new InvalidOperationException("[ErrorCode:InvalidArgument] x")));
    }

    [Theory]
    [InlineData("picard")]
    [InlineData("anderson")]
    [InlineData("broyden")]
    public void Gives_an_image_the_same_answer_alone_and_among_others(string method)
    {
        float[][] images = [.. Enumerable.Range(0, 7).Select(TinyBundle.Image)];
        using OnnxLane together = _bundle.Model.OpenLane(images.Length);
        using OnnxLane alone = _bundle.Model.OpenLane(1);

        float[][] batch = Solve(together, method, images, out _);

        for (int i = 0; i < images.Length; i++)
        {
            float[] single = Solve(alone, method, [images[i]], out _)[0];
            Assert.True(Distance([.. batch[i].Select(value => (double)value)], single) < 1e-3);
        }
    }

    [Fact]
    public void Allocates_nothing_per_evaluation_once_it_has_warmed_up()
    {
        using OnnxLane lane = _bundle.Model.OpenLane(4);
        int z = lane.Space.Allocate(4);
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
    public void Encodes_and_decodes_rows_together_as_it_does_alone()
    {
        using OnnxLane lane = _bundle.Model.OpenLane(3);
        float[][] images = [.. Enumerable.Range(0, 3).Select(TinyBundle.Image)];
        int slot = lane.Space.Allocate(1);

        lane.EncodeRows([.. images.SelectMany(image => image)], 0, 3);
        for (int row = 0; row < 3; row++)
        {
            lane.Injection(row).CopyTo(lane.Space.Row(slot, row));
        }

        float[] logits = new float[3 * TinyBundle.Classes];
        lane.DecodeRows(lane.Space[slot], 3, logits);

        for (int row = 0; row < 3; row++)
        {
            double[] x = _tiny.Injection(images[row]);
            Assert.True(Distance(x, lane.Injection(row).ToArray()) < 1e-5);
            Assert.True(Distance(_tiny.Logits(x), logits[(row * 4)..((row + 1) * 4)]) < 1e-4);
        }
    }

    [Fact]
    public void Moves_the_injection_with_its_row()
    {
        using OnnxLane lane = _bundle.Model.OpenLane(3);
        int slot = lane.Space.Allocate(2);
        lane.Encode(TinyBundle.Image(5), 2);
        lane.Start(slot, 0);

        lane.Move([new RowMove(2, 0)]);
        lane.Evaluate(slot, slot + 1, 1);

        double[] expected = _tiny.Map(new double[TinyBundle.StateWidth], _tiny.Injection(TinyBundle.Image(5)));
        Assert.True(Distance(expected, lane.Space.Row(slot + 1, 0).ToArray()) < 1e-5);
    }

    [Fact]
    public void Multiplies_cotangents_with_the_jacobian_as_finite_differences_do()
    {
        using OnnxLane lane = _bundle.Model.OpenLane(2);
        int slot = lane.Space.Allocate(3);
        float[] z = TinyBundle.Image(8)[..16];
        float[] u = TinyBundle.Image(9)[..16];
        lane.Encode(TinyBundle.Image(7), 1);
        z.CopyTo(lane.Space.Row(slot, 1));
        u.CopyTo(lane.Space.Row(slot + 1, 1));

        lane.VectorJacobian!.Evaluate(slot, slot + 1, slot + 2, 2);

        double[] x = _tiny.Injection(TinyBundle.Image(7));
        double[] expected = [.. Enumerable.Range(0, 16).Select(i => (Weighted(z, x, u, i, 1e-6) - Weighted(z, x, u, i, -1e-6)) / 2e-6)];
        Assert.True(Distance(expected, lane.Space.Row(slot + 2, 1).ToArray()) < 1e-5);
    }

    [Fact]
    public void Shares_its_model_with_lanes_on_other_threads()
    {
        float[][] images = [.. Enumerable.Range(0, 4).Select(TinyBundle.Image)];
        float[][] logits = new float[images.Length][];

        Thread[] threads =
        [
            .. Enumerable.Range(0, images.Length).Select(i => new Thread(() =>
            {
                using OnnxLane lane = _bundle.Model.OpenLane(1);
                for (int repetition = 0; repetition < 20; repetition++)
                {
                    logits[i] = Solve(lane, "picard", [images[i]], out _)[0];
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        for (int i = 0; i < images.Length; i++)
        {
            Assert.True(Distance(_tiny.Logits(_tiny.FixedPoint(images[i])), logits[i]) < 1e-3);
        }
    }

    [Fact]
    public void Refuses_inputs_of_another_length_and_names_both()
    {
        using OnnxLane lane = _bundle.Model.OpenLane(1);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => lane.Encode(new float[63], 0));

        Assert.Contains("63", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("[1, 64]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_in_a_process_whose_native_environment_switches_telemetry_off()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the environment of Linux's C library.");
        GetNative read = Marshal.GetDelegateForFunctionPointer<GetNative>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "getenv"));

        string? value = Marshal.PtrToStringUTF8(read("ORT_DISABLE_TELEMETRY"));

        Assert.Equal("1", value);
    }

    private static void EvaluateOften(OnnxLane lane, int z, int times)
    {
        for (int i = 0; i < times; i++)
        {
            lane.Evaluate(z + (i % 2), z + 2 + (i % 2), 3 + (i % 2));
        }
    }

    private double Weighted(float[] z, double[] x, float[] u, int axis, double step)
    {
        double[] moved = [.. z.Select((value, i) => value + (i == axis ? step : 0))];
        return _tiny.Map(moved, x).Zip(u, (f, weight) => f * weight).Sum();
    }

    private static float[][] Solve(OnnxLane lane, string method, float[][] images, out float[][] states)
    {
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Find(method)!, TimeProvider.System);
        var grant = new RowGrant { Tolerance = new() { Limit = 1e-5 }, Budget = new() { Evaluations = 100 } };
        var place = new Dictionary<int, int>();
        for (int i = 0; i < images.Length; i++)
        {
            place.Add(batch.Join(grant, out int row), i);
            lane.Encode(images[i], row);
            lane.Start(batch.IterateSlot, row);
        }

        float[][] found = new float[images.Length][];
        float[][] logits = new float[images.Length][];
        FixedPoint.Run(batch, done =>
        {
            Assert.True(done.Solution.Converged);
            found[place[done.Ticket]] = lane.Space.Row(done.Slot, done.Row).ToArray();
            lane.Decode(done.Slot, done.Row, logits[place[done.Ticket]] = new float[TinyBundle.Classes]);
        });
        states = found;
        return logits;
    }

    private static double Distance(double[] expected, float[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GetNative([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
