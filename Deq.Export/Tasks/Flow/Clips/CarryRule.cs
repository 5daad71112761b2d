using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>A way to make the start of one pair out of the state that the pair before ended in.</summary>
/// <param name="Name">In tables and on the command line.</param>
/// <param name="Carry">Makes the start; a new array. Null leaves it to what serves streams, <see cref="ServedStarts"/>.</param>
public sealed record CarryRule(string Name, Func<float[], FlowStateLayout, float[]>? Carry)
{
    /// <summary>Those that are compared.</summary>
    public static IReadOnlyList<CarryRule> All { get; } =
    [
        new("served", Carry: null),
        Along("carried", CarryOptions.AsTrained),
        Along("carried-half", CarryOptions.AsTrained with { FlowScale = 0.5f }),
        Along("carried-cold", CarryOptions.AsTrained with { Fill = CarryFill.Cold }),
        Along("carried-flow-alone", CarryOptions.AsTrained with { HiddenScale = 0 }),
        Along("carried-h-alone", CarryOptions.AsTrained with { FlowScale = 0 }),
        new("unmoved", (state, _) => [.. state]),
        new("unmoved-half", (state, layout) => [.. state.Select((value, i) => i < layout.Hidden * layout.Cells ? value : value / 2)]),
    ];

    /// <summary>The rule of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static CarryRule Named(string name) => All.FirstOrDefault(rule => rule.Name == name)
        ?? throw new ArgumentException($"There is no way '{name}' to carry a state; there are {string.Join(", ", All.Select(rule => rule.Name))}.", nameof(name));

    private static CarryRule Along(string name, CarryOptions options) => new(name, (state, layout) =>
    {
        float[] carried = new float[layout.Length];
        CarriedFlow.Carry(state, layout, options, carried);
        return carried;
    });
}
