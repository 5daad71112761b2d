namespace Deq.Runtime.Onnx;

/// <summary>On what a model's graphs run.</summary>
public sealed record ExecutionOptions
{
    /// <summary>The name of the processor.</summary>
    public const string Cpu = "cpu";

    /// <summary>The name of NVIDIA GPUs.</summary>
    public const string Cuda = "cuda";

    private readonly string _device = Cpu;
    private readonly int _intraOpThreads = 1;
    private readonly int _deviceId;

    /// <summary><c>cpu</c> or <c>cuda</c>. Default <c>cpu</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another name.</exception>
    public string Device
    {
        get => _device;
        init => _device = value is Cpu or Cuda
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"A device is '{Cpu}' or '{Cuda}'.");
    }

    /// <summary>
    /// Threads that share one run of a graph, at least 1. Default 1: on a processor, rows on separate threads use the cores better than
    /// several threads within a row.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int IntraOpThreads
    {
        get => _intraOpThreads;
        init => _intraOpThreads = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A graph runs on at least one thread.");
    }

    /// <summary>Which GPU, from 0. Default 0. Without meaning on a processor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public int DeviceId
    {
        get => _deviceId;
        init => _deviceId = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Devices are counted from 0.");
    }

    /// <summary>
    /// Whether a GPU may round the operands of convolutions and matrix products to TensorFloat-32, 10 bits of mantissa, where it is faster.
    /// Default false: residuals below about 1e-3 could not be told from that rounding. Without meaning on a processor.
    /// </summary>
    public bool TensorFloat32 { get; init; }
}
