using System.Text.Json.Nodes;

namespace Deq.Benchmarks.Estimators;

/// <summary>One member of the comparison: the base recipe with one change.</summary>
/// <param name="Name">Names the folder of its runs too.</param>
/// <param name="Change">Sections of the recipe that replace the base's, as JSON; a null takes one away.</param>
/// <param name="Bound">By how many points its accuracy may lie below the reference's; null for none.</param>
internal sealed record EstimatorVariant(string Name, string Change, double? Bound)
{
    /// <summary>The exact gradient with Jacobian regularization: what the others are compared with.</summary>
    public const string Reference = "implicit";

    /// <summary>The exact gradient without Jacobian regularization.</summary>
    public const string Free = "implicit-free";

    /// <summary>Every member, the reference first.</summary>
    public static IReadOnlyList<EstimatorVariant> All { get; } =
    [
        new(Reference, """{ "gradient": { "kind": "implicit", "method": "broyden", "tolerance": 0.001, "maxEvaluations": 24 } }""", null),
        new("phantom-unrolled-5", """{ "gradient": { "kind": "phantom-unrolled", "steps": 5, "damping": 0.8 } }""", 0.5),
        new("phantom-neumann-5", """{ "gradient": { "kind": "phantom-neumann", "steps": 5, "damping": 0.8 } }""", 0.5),
        new("one-step", """{ "gradient": { "kind": "one-step" } }""", 0.8),
        new("shine", """{ "gradient": { "kind": "shine" } }""", 0.8),
        new("shine-refined-5", """{ "gradient": { "kind": "shine", "refinements": 5 } }""", 0.3),
        new(
            Free,
            """{ "gradient": { "kind": "implicit", "method": "broyden", "tolerance": 0.001, "maxEvaluations": 24 }, "jacobianRegularization": null }""",
            null),
    ];

    /// <summary>The recipe of one run.</summary>
    /// <param name="common">What all runs share; stays as it is.</param>
    /// <param name="seed">Decides weights, split, order and every draw.</param>
    public JsonObject Recipe(JsonObject common, int seed)
    {
        JsonObject recipe = common.DeepClone().AsObject();
        recipe["seed"] = seed;
        foreach ((string section, JsonNode? value) in JsonNode.Parse(Change)!.AsObject())
        {
            recipe.Remove(section);
            if (value is not null)
            {
                recipe[section] = value.DeepClone();
            }
        }

        return recipe;
    }
}
