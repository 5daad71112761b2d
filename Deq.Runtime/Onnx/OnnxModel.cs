using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Onnx;

/// <summary>An equilibrium model whose encoder, cell and decoder are ONNX graphs. Shared by threads: each opens its own lane.</summary>
/// <remarks>
/// The graphs belong to the bundle that opened them; dispose lanes before the bundle. A model of free size has the sizes of its typical frame, and
/// <see cref="At"/> gives it for another.
/// </remarks>
public sealed class OnnxModel : IEquilibriumModel, IDisposable
{
    /// <summary>What a graph holds while it runs, in lengths of its input.</summary>
    private const int RunningInputs = 18;

    private readonly IReadOnlyDictionary<string, OnnxGraph> _graphs;
    private readonly ModelContract _contract;
    private readonly Lazy<OnnxDevice> _device;
    private readonly bool _hasOwnMemory;
    private readonly bool _ownsGraphs;
    private readonly ShapeKey _shape;

    /// <summary>Joins graphs whose tensors agree with each other and with the contract; the bundle has checked that.</summary>
    /// <param name="graphs">By their names in <see cref="ModelParts"/>; they belong to the model from now on.</param>
    /// <param name="contract">What they take and give.</param>
    /// <param name="options">On what they run.</param>
    internal OnnxModel(IReadOnlyDictionary<string, OnnxGraph> graphs, ModelContract contract, ExecutionOptions options)
    {
        (_graphs, _contract, _shape, _ownsGraphs) = (graphs, contract, contract.Sizes?.Typical ?? default, true);
        _device = new Lazy<OnnxDevice>(() => new OnnxDevice(options));
        _hasOwnMemory = options.Device != ExecutionOptions.Cpu;
        TakeSizes();
    }

    private OnnxModel(OnnxModel whole, ShapeKey shape)
    {
        (_graphs, _contract, _shape) = (whole._graphs, whole._contract, shape);
        (_device, _hasOwnMemory) = (whole._device, whole._hasOwnMemory);
        TakeSizes();
    }

    /// <inheritdoc/>
    public int InputLength { get; private set; }

    /// <summary>Dx, numbers in one injection x, without further injections.</summary>
    public int InjectionLength => Injections[0].Length;

    /// <inheritdoc/>
    public int StateWidth { get; private set; }

    /// <inheritdoc/>
    public int OutputLength { get; private set; }

    /// <summary>Whether the bundle carries the graphs of joint inference; see <see cref="OnnxJointModel"/>.</summary>
    public bool HasJointGraphs =>
        _graphs.ContainsKey(ModelParts.JointCell) && _graphs.ContainsKey(ModelParts.DecoderVectorJacobian) && _graphs.ContainsKey(ModelParts.EncoderVectorJacobian)
        && _contract.Injections.Count == 1;

    /// <inheritdoc/>
    /// <remarks>Only lanes in host memory evaluate it: no task whose solves descend an energy keeps its states elsewhere.</remarks>
    public bool HasEnergy => _graphs.ContainsKey(ModelParts.Energy) && !HasDeviceLanes;

    /// <summary>Whether it was disposed.</summary>
    internal bool IsClosed { get; private set; }

    internal OnnxGraph Encoder => _graphs[ModelParts.Encoder];

    internal OnnxGraph Cell => _graphs[ModelParts.Cell];

    internal OnnxGraph Decoder => _graphs[ModelParts.Decoder];

    internal OnnxGraph? CellVectorJacobian => _graphs.GetValueOrDefault(ModelParts.CellVectorJacobian);

    /// <summary>A graph by its name in <see cref="ModelParts"/>.</summary>
    internal OnnxGraph Part(string name) => _graphs[name];

    /// <summary>What the encoder hands on: x, what else the cell gets, what the decoder alone gets, and last the start.</summary>
    internal IReadOnlyList<Injection> Injections { get; private set; } = [];

    /// <summary>How many of <see cref="Injections"/> go to the cell.</summary>
    internal int CellInjections => _contract.CellInjections.Count;

    /// <summary>Places in <see cref="Injections"/> of what goes to the decoder.</summary>
    internal IReadOnlyList<int> DecoderPlaces { get; private set; } = [];

    /// <summary>The place in <see cref="Injections"/> of z_0; null where solves start from zero.</summary>
    internal int? StartPlace => _contract.Start is null ? null : Injections.Count - 1;

    /// <summary>Places in <see cref="Injections"/> of what goes to the energy.</summary>
    internal IReadOnlyList<int> EnergyPlaces { get; private set; } = [];

    private bool HasDeviceLanes => _hasOwnMemory && _contract.Added is null;

    /// <summary>What the encoder's input is called.</summary>
    internal string Input => _contract.Input;

    /// <summary>What the decoder's output is called.</summary>
    internal string Output => _contract.Output;

    /// <summary>What H and W of the graphs' tensors are.</summary>
    internal ExtentScale Scale =>
        _contract.Sizes is { } sizes ? new ExtentScale(_shape.Height / sizes.Multiple, _shape.Width / sizes.Multiple) : default;

    /// <summary>The height and width of its inputs; the default where it has one size.</summary>
    public ShapeKey Shape => _shape;

    /// <summary>The residual that the task measures states by; null is the relative one.</summary>
    internal ISummedResidual? Residual => _contract.Residual?.Invoke(_shape);

    /// <summary>The residual of models whose task defines none.</summary>
    internal RelativeResidual Relative => _contract.Relative;

    /// <summary>What a lane adds to the cell's graph on the host; null for nothing.</summary>
    internal AddedTerm? MakeAdded() => _contract.Added?.Invoke(_shape);

    /// <summary>What looks at the numbers of inputs; null for nothing.</summary>
    internal InputCheck? MakeCheck() => _contract.Check?.Invoke(_shape);

    /// <summary>The model for its smallest inputs; itself where it has one size.</summary>
    internal OnnxModel Least => At(_contract.Sizes?.Least ?? default);

    /// <summary>
    /// The model for inputs like those that its manifest calls typical, half as high and wide as often as a run would take more memory by estimate; null where
    /// that leaves none but the smallest.
    /// </summary>
    /// <param name="bytes">What a run of two rows may take.</param>
    internal OnnxModel? TypicalWithin(long bytes)
    {
        if (_contract.Sizes is not { } sizes)
        {
            return null;
        }

        ShapeKey shape = sizes.Typical;
        while (At(shape) is var model && model.BytesOf(2) > bytes && shape != sizes.Least)
        {
            shape = sizes.ShapeOf(Math.Max(sizes.LeastSide, shape.Height / 2), Math.Max(sizes.LeastSide, shape.Width / 2));
        }

        return shape == sizes.Least ? null : At(shape);
    }

    /// <summary>The model for inputs of a shape, with its sizes; the graphs are shared. The default shape gives the model itself.</summary>
    /// <param name="shape">The shape of padded frames.</param>
    /// <exception cref="ArgumentException">A model of fixed size takes only that; a free one only what its manifest allows.</exception>
    public OnnxModel At(ShapeKey shape)
    {
        if (shape == default || shape == _shape)
        {
            return this;
        }

        if (_contract.Sizes is not { } sizes)
        {
            throw new ArgumentException($"The model has a fixed size and takes no inputs of shape {shape.Height}x{shape.Width}.", nameof(shape));
        }

        if (shape.Height < 1 || shape.Width < 1 || shape.Height % sizes.Multiple != 0 || shape.Width % sizes.Multiple != 0)
        {
            throw new ArgumentException($"The model takes multiples of {sizes.Multiple} pixels, not {shape.Height}x{shape.Width}.", nameof(shape));
        }

        return sizes.Refusal(shape.Height, shape.Width) is { } refusal
            ? throw new ArgumentException(refusal, nameof(shape))
            : new OnnxModel(this, shape);
    }

    /// <inheritdoc/>
    IEquilibriumModel IEquilibriumModel.At(ShapeKey shape) => At(shape);

    /// <inheritdoc/>
    public double CostOf(ShapeKey shape) => _contract.Sizes is not { } sizes || shape == default
        ? 1
        : (double)shape.Height * shape.Width / ((double)sizes.TypicalHeight * sizes.TypicalWidth);

    /// <inheritdoc/>
    /// <remarks>
    /// A graph of convolutions holds some twenty times its input while it runs: the shipped flow model took 430 bytes per pixel of two frames, 24 of them input.
    /// </remarks>
    public long BytesOf(int capacity) => (capacity * (long)_contract.CellBytesPerPixel * _shape.Height * _shape.Width) + sizeof(float)
        * ((RunningInputs * (long)InputLength)
            + (capacity * (InputLength + (_contract.StatesPerRow * (long)StateWidth) + OutputLength + Injections.Sum(injection => (long)injection.Length))));

    /// <summary>Makes one thread's own lane through the model, in host memory: what tools use that look at states.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxLane OpenLane(int capacity) => new(this, capacity, CancellationToken.None);

    /// <summary>Opens a lane whose runs can be ended.</summary>
    internal OnnxLane OpenLaneUntil(int capacity, CancellationToken runsEnd) => new(this, capacity, runsEnd);

    /// <summary>Makes one thread's own lane through the model, in the memory of its device. On a processor that is the slower of the two.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    public OnnxDeviceLane OpenDeviceLane(int capacity) => new(this, _device.Value, capacity, CancellationToken.None);

    /// <summary>Makes the lane that suits the device.</summary>
    IModelLane IEquilibriumModel.OpenLane(int capacity) => HasDeviceLanes ? OpenDeviceLane(capacity) : OpenLane(capacity);

    /// <inheritdoc/>
    IModelLane IEquilibriumModel.OpenLaneUntil(int capacity, CancellationToken runsEnd) =>
        HasDeviceLanes ? new OnnxDeviceLane(this, _device.Value, capacity, runsEnd) : OpenLaneUntil(capacity, runsEnd);

    /// <summary>Closes the graphs, unless the model is one of another size that <see cref="At"/> gave.</summary>
    public void Dispose()
    {
        if (!_ownsGraphs || IsClosed)
        {
            return;
        }

        IsClosed = true;
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        foreach (OnnxGraph graph in _graphs.Values)
        {
            graph.Dispose();
        }

        NativeHeap.GiveBack();
    }

    private void TakeSizes()
    {
        ExtentScale scale = Scale;
        InputLength = Encoder[Input].WidthAt(scale);
        Injections = [.. _contract.Injections.Select(name => new Injection(name, Encoder[name].WidthAt(scale)))];
        DecoderPlaces = [.. Enumerable.Range(0, Injections.Count).Where(place => _contract.DecoderInjections.Contains(Injections[place].Name))];
        EnergyPlaces = [.. Enumerable.Range(0, Injections.Count).Where(place => _contract.EnergyInjections?.Contains(Injections[place].Name) == true)];
        StateWidth = Cell[TensorNames.State].WidthAt(scale);
        OutputLength = Decoder[Output].WidthAt(scale);
    }
}

/// <summary>An output of the encoder that other graphs take.</summary>
/// <param name="Name">Its name in all of them.</param>
/// <param name="Length">Numbers of one row.</param>
internal readonly record struct Injection(string Name, int Length);
