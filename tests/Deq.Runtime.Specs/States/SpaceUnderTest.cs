using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.States;
using Deq.Testing;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Specs.States;

/// <summary>A state space whose rows a spec can write and read, wherever they live.</summary>
internal sealed class SpaceUnderTest : IDisposable
{
    private const string Host = "host";
    private readonly HostStateSpace? _host;
    private readonly OnnxDevice? _device;
    private readonly OnnxStateSpace? _onnx;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="capacity">The most rows.</param>
    /// <param name="width">D.</param>
    public SpaceUnderTest(string name, int capacity, int width)
    {
        Width = width;
        if (name == Host)
        {
            _host = new HostStateSpace(capacity, width);
        }
        else
        {
            _device = new OnnxDevice(new ExecutionOptions { Device = name });
            _onnx = new OnnxStateSpace(_device, capacity, width);
        }
    }

    /// <summary>The devices of ONNX Runtime that work here.</summary>
    public static IReadOnlyList<string> Devices { get; } =
        GpuFault() is null ? [ExecutionOptions.Cpu, ExecutionOptions.Cuda] : [ExecutionOptions.Cpu];

    /// <summary>Every space that can live here: a GPU's where there is one.</summary>
    public static IReadOnlyList<string> Names { get; } = [Host, .. Devices];

    public int Width { get; }

    public IStateSpace Space => (IStateSpace?)_host ?? _onnx!;

    /// <summary>Why there is no GPU; null when there is.</summary>
    public static string? GpuFault()
    {
        try
        {
            using var device = new OnnxDevice(new ExecutionOptions { Device = ExecutionOptions.Cuda });
            return null;
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or EntryPointNotFoundException)
        {
            return $"No GPU that ONNX Runtime can use: {fault.Message.ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>A space of slots filled with normally distributed numbers.</summary>
    public static SpaceUnderTest Filled(string name, int rows, int width, int slots)
    {
        var space = new SpaceUnderTest(name, rows, width);
        space.Space.Allocate(slots);
        var random = new Gaussian(17);
        for (int slot = 0; slot < slots; slot++)
        {
            for (int row = 0; row < rows; row++)
            {
                space.Write(slot, row, [.. Enumerable.Range(0, width).Select(_ => (float)random.Next())]);
            }
        }

        return space;
    }

    public float[] Read(int slot, int row)
    {
        float[] values = new float[Width];
        if (_host is { } host)
        {
            host.Row(slot, row).CopyTo(values);
        }
        else
        {
            _onnx!.Read(slot, row, values);
        }

        return values;
    }

    public void Write(int slot, int row, float[] values)
    {
        if (_host is { } host)
        {
            values.CopyTo(host.Row(slot, row));
        }
        else
        {
            _onnx!.Write(slot, row, values);
        }
    }

    public void Fill(int slot, int row, float value) => Write(slot, row, [.. Enumerable.Repeat(value, Width)]);

    public void Dispose()
    {
        _onnx?.Dispose();
        _device?.Dispose();
    }
}
