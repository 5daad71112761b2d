using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Models;

/// <summary>The tensors that the graphs of a model share, and the sizes it takes: all that running it needs to know of its task.</summary>
public sealed record ModelContract
{
    /// <summary>The name of the encoder's input.</summary>
    public required string Input { get; init; }

    /// <summary>The names of what the encoder hands to the cell, x first.</summary>
    public required IReadOnlyList<string> CellInjections { get; init; }

    /// <summary>The names of what the encoder hands to the decoder: some of what the cell gets, then what passes the cell. Default none.</summary>
    public IReadOnlyList<string> DecoderInjections { get; init; } = [];

    /// <summary>The names of what the encoder hands to the energy, some of what the cell gets; null of tasks whose solves descend no energy.</summary>
    public IReadOnlyList<string>? EnergyInjections { get; init; }

    /// <summary>The name of the encoder's last output, from which solves start; null where they start from zero.</summary>
    public string? Start { get; init; }

    /// <summary>The name of the decoder's output.</summary>
    public required string Output { get; init; }

    /// <summary>Which sizes the model takes; its shapes may then have multiples of H and W. Null of a model of fixed size.</summary>
    public FrameSizes? Sizes { get; init; }

    /// <summary>The residual of states for inputs of a shape, where it is the task's own; null is the relative one.</summary>
    public Func<ShapeKey, ISummedResidual>? Residual { get; init; }

    /// <summary>The relative residual of states, where <see cref="Residual"/> is null; with the manifest's absolute tolerance where it has one.</summary>
    public RelativeResidual Relative { get; init; } = RelativeResidual.Instance;

    /// <summary>Makes, for one lane of a shape, what is added to the cell's graph on the host. Default null: nothing; lanes then live on the device.</summary>
    public Func<ShapeKey, AddedTerm>? Added { get; init; }

    /// <summary>Makes, for inputs of a shape, what looks at their numbers before the encoder does. Default null: every number is taken.</summary>
    public Func<ShapeKey, InputCheck>? Check { get; init; }

    /// <summary>Bytes per pixel of its input that the cell's graph holds for each row while it runs, beyond what all graphs do. Default 0.</summary>
    public int CellBytesPerPixel { get; init; }

    /// <summary>
    /// States that a method keeps for each row: its history, and what it works in. At least 19, its default, which Broyden's method keeps with its own rank and any request may ask for;
    /// more where the manifest's defaults name more memory.
    /// </summary>
    public int StatesPerRow { get; init; } = 19;

    /// <summary>The shapes that the manifest elsewhere gives tensors, by name. Tensors that are absent may have any.</summary>
    public IReadOnlyDictionary<string, RequiredShape> Shapes { get; init; } = new Dictionary<string, RequiredShape>();

    /// <summary>All outputs of the encoder: what the cell gets, what the decoder alone gets, the start.</summary>
    public IReadOnlyList<string> Injections => [.. CellInjections, .. DecoderInjections.Except(CellInjections), .. Start is null ? [] : (string[])[Start]];
}

/// <summary>The shape that another place of a manifest gives a tensor.</summary>
/// <param name="Shape"><c>[B, …]</c> as in manifests.</param>
/// <param name="Reason">The place, such as <c>input.sizes</c>.</param>
public sealed record RequiredShape(IReadOnlyList<string> Shape, string Reason)
{
    /// <summary>The shape of the state as the cell's first input has it; null where the manifest gives none.</summary>
    internal static RequiredShape? OfState(ModelManifest manifest) => manifest.Cell.Inputs is [{ Shape: not null } z, ..] ? new(z.Shape, "the cell's z") : null;

    /// <summary>The shapes of what the encoder gives, by name, and of all tensors that are like the state.</summary>
    /// <param name="manifest">Says what the encoder gives.</param>
    /// <param name="state">Of the state; null where any will do.</param>
    internal static Dictionary<string, RequiredShape> Of(ModelManifest manifest, RequiredShape? state)
    {
        var shapes = new Dictionary<string, RequiredShape>();
        foreach (TensorContract output in manifest.Encoder.Outputs.Where(output => output is { Name: not null, Shape: not null }))
        {
            shapes.TryAdd(output.Name, new(output.Shape, $"the encoder's {output.Name}"));
        }

        if (state is not null)
        {
            foreach (string name in (string[])[TensorNames.State, TensorNames.Start, TensorNames.Mapped, TensorNames.Cotangent, TensorNames.CotangentProduct])
            {
                shapes[name] = state;
            }
        }

        return shapes;
    }
}
