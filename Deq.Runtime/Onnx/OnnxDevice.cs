using Deq.Runtime.FixedPoints;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Onnx;

/// <summary>What a state space needs of the device that a model runs on: its memory, and the graphs of <see cref="StateGraphs"/> loaded there.</summary>
/// <remarks>Shared by the lanes of a model. Graphs are loaded when first asked for, a few milliseconds each on a processor.</remarks>
internal sealed class OnnxDevice : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ExecutionOptions _options;
    private readonly OrtMemoryInfo _memory;
    private readonly OrtAllocator _allocator;
    private readonly Dictionary<(bool SkipsZeros, int Count), OnnxGraph> _combinations = [];
    private readonly Dictionary<(int Width, int Count), OnnxGraph> _products = [];
    private readonly Dictionary<(int Width, ISummedResidual Residual), OnnxGraph> _sums = [];

    /// <summary>Loads what every space needs.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the device.</exception>
    public OnnxDevice(ExecutionOptions options)
    {
        _options = options;
        Copy = new OnnxGraph(StateGraphs.Copy(), options);
        Moves = new OnnxGraph(StateGraphs.Moves(), options);
        (byte[] name, int id) = options.Device == ExecutionOptions.Cuda
            ? (OrtMemoryInfo.allocatorCUDA, options.DeviceId)
            : (OrtMemoryInfo.allocatorCPU, 0);
        _memory = new OrtMemoryInfo(name, OrtAllocatorType.DeviceAllocator, id, OrtMemType.Default);
        _allocator = Copy.AllocatorOf(_memory);
    }

    /// <summary><see cref="StateGraphs.Copy"/>.</summary>
    public OnnxGraph Copy { get; }

    /// <summary><see cref="StateGraphs.Moves"/>.</summary>
    public OnnxGraph Moves { get; }

    /// <summary>Allocates a matrix on the device, undefined as yet; the caller disposes it before the device.</summary>
    public OnnxSlot Allocate(int rows, int width) => new(_allocator, _memory, rows, width);

    /// <summary><see cref="StateGraphs.Combination"/> of so many vectors.</summary>
    public OnnxGraph Combination(int count, bool skipsZeros)
    {
        lock (_gate)
        {
            if (!_combinations.TryGetValue((skipsZeros, count), out OnnxGraph? graph))
            {
                graph = new OnnxGraph(StateGraphs.Combination(count, skipsZeros), _options);
                _combinations.Add((skipsZeros, count), graph);
            }

            return graph;
        }
    }

    /// <summary><see cref="StateGraphs.Products"/> with so many vectors of a width.</summary>
    public OnnxGraph Products(int count, int width)
    {
        lock (_gate)
        {
            if (!_products.TryGetValue((width, count), out OnnxGraph? graph))
            {
                graph = new OnnxGraph(StateGraphs.Products(count, width), _options);
                _products.Add((width, count), graph);
            }

            return graph;
        }
    }

    /// <summary><see cref="ISummedResidual.Graph"/> of states of a width.</summary>
    public OnnxGraph Sums(ISummedResidual residual, int width)
    {
        lock (_gate)
        {
            if (!_sums.TryGetValue((width, residual), out OnnxGraph? graph))
            {
                graph = new OnnxGraph(residual.Graph(width), _options);
                _sums.Add((width, residual), graph);
            }

            return graph;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _allocator.Dispose();
        _memory.Dispose();
        foreach (OnnxGraph graph in _combinations.Values.Concat(_products.Values).Concat(_sums.Values))
        {
            graph.Dispose();
        }

        Copy.Dispose();
        Moves.Dispose();
    }
}
