using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Models;

/// <summary>A trained equilibrium model as the engine sees it: encoder, cell and decoder of known sizes. Shared by threads.</summary>
public interface IEquilibriumModel
{
    /// <summary>Numbers in one input, such as C·H·W of an image.</summary>
    int InputLength { get; }

    /// <summary>D, numbers in one state.</summary>
    int StateWidth { get; }

    /// <summary>Numbers in one output, such as the logits of a classifier.</summary>
    int OutputLength { get; }

    /// <summary>The model for inputs of a shape, with its sizes. A model of fixed size has only the default shape.</summary>
    /// <exception cref="ArgumentException">The model takes no inputs of that shape.</exception>
    IEquilibriumModel At(ShapeKey shape) => shape == default
        ? this
        : throw new ArgumentException($"The model has a fixed size and takes no inputs of shape {shape.Height}x{shape.Width}.", nameof(shape));

    /// <summary>Whether lanes give the energy of a state. Default false.</summary>
    bool HasEnergy => false;

    /// <summary>What an evaluation for inputs of a shape costs, where one of the default shape costs 1. An estimate; above 0.</summary>
    double CostOf(ShapeKey shape) => 1;

    /// <summary>What a lane of so many rows takes while it solves inputs of the default shape, bytes; what graphs need to run is an estimate. Default 0: not known.</summary>
    long BytesOf(int capacity) => 0;

    /// <summary>Makes one thread's own lane through the model.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    IModelLane OpenLane(int capacity);

    /// <summary>The same, with an end to what it runs.</summary>
    /// <param name="capacity">The most rows that the lane's map evaluates at once, at least 1.</param>
    /// <param name="runsEnd">Ends runs of the model, which then throw. Default: the model cannot end them.</param>
    IModelLane OpenLaneUntil(int capacity, CancellationToken runsEnd) => OpenLane(capacity);
}

/// <summary>One thread's lane through a model: the cell as a map over rows, and the ways in and out. Not thread-safe; owns its buffers.</summary>
/// <remarks>The injection x of each row is part of the lane and follows the row when the loop moves it.</remarks>
public interface IModelLane : IFixedPointMap, IDisposable
{
    /// <summary>Where this lane's states live.</summary>
    IStateSpace Space { get; }

    /// <summary>What is compared with tolerances, bound to <see cref="Space"/>.</summary>
    IResidual Residual => RelativeResidual.Instance;

    /// <summary>Whether another lane is to be opened in its place as soon as no row needs it. Default false.</summary>
    bool IsRetired => false;

    /// <summary>Whether it stands in for lanes of a device that failed. Default false.</summary>
    bool IsStandby => false;

    /// <summary>
    /// Whether a call of this lane that threw means that the lane is lost, and that the model has another one for its rows: they are then solved anew by that one. Default false: the rows
    /// fail by what was thrown.
    /// </summary>
    /// <param name="fault">What was thrown.</param>
    bool IsLostBy(Exception fault) => false;

    /// <summary>What a call of this lane that threw says of the numbers that it was given, as a sentence; null where they are not at fault, or it cannot tell. Default null.</summary>
    /// <param name="fault">What was thrown.</param>
    string? RefusalBy(Exception fault) => null;

    /// <summary>Runs the encoder on one input and keeps x as the injection of a row.</summary>
    /// <param name="input"><c>[InputLength]</c>; copied.</param>
    /// <param name="row">A row in [0, capacity).</param>
    void Encode(ReadOnlySpan<float> input, int row);

    /// <summary>Places the cold start in one row of a slot: z_0 that the encoder gave for that row, or 0 where it gives none.</summary>
    void Start(int slot, int row);

    /// <summary>Places a warm start in one row of a slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="row">Its row.</param>
    /// <param name="state">z_0, <c>[StateWidth]</c>; copied.</param>
    void Start(int slot, int row, ReadOnlySpan<float> state);

    /// <summary>Copies one row of a slot out of the lane.</summary>
    /// <param name="slot">The slot that holds z.</param>
    /// <param name="row">Its row.</param>
    /// <param name="state">Receives <c>[StateWidth]</c>.</param>
    void Read(int slot, int row, Span<float> state);

    /// <summary>Runs the decoder on one row of a slot.</summary>
    /// <param name="slot">The slot that holds z.</param>
    /// <param name="row">Its row.</param>
    /// <param name="output">Receives <c>[OutputLength]</c>.</param>
    void Decode(int slot, int row, Span<float> output);

    /// <summary>The energy of one row of a slot, as the model's graph gives it. Costs about half an evaluation.</summary>
    /// <param name="slot">The slot that holds z.</param>
    /// <param name="row">Its row.</param>
    /// <exception cref="NotSupportedException">The model has none, <see cref="IEquilibriumModel.HasEnergy"/>.</exception>
    double Energy(int slot, int row) => throw new NotSupportedException("The model has no graph of an energy.");
}
