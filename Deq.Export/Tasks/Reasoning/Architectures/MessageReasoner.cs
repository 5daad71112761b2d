using Deq.Export.Graphs;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>A grid of any size whose places send messages to their four neighbours.</summary>
/// <remarks>
/// <para>
/// State <c>[B, H, W, 4, channels]</c>: what has arrived at each place from each side, in (−1, 1). A message depends on the place's token and on what
/// arrived there from the three other sides, never on what its receiver sent. The four directions share their weights, and weights know neither
/// size nor place. What may pass and what is said is learned.
/// </para>
/// <para>
/// Where the open places form a tree, messages depend on each other without a circle: once walls are learned to be silent there is one fixed point,
/// and plain iteration reaches it from any start in as many hops as the longest way has places. Elsewhere nothing is promised.
/// Source: Pearl, "Reverend Bayes on inference engines" (1982), with learned messages.
/// </para>
/// </remarks>
internal static class MessageReasoner
{
    private const int Sides = 4;
    private const int Side = 3;

    // Messages that move right, left, down, up. To send on, a place leaves out what came the other way.
    private static readonly (int Axis, int By, int Opposite)[] s_moves = [(2, 1, 1), (2, -1, 0), (1, 1, 3), (1, -1, 2)];

    /// <summary>Builds the graphs; one evaluation sends messages on as often as the recipe has hops.</summary>
    public static ModelGraphs Build(ReasonerRecipe recipe, TokenVocabulary vocabulary) =>
        new(Encoder(recipe, vocabulary), Cell(recipe), Decoder(recipe, vocabulary));

    private static Graph Encoder(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        Input input = ReasonerLayers.Tokens("H", "W");
        Node hot = ReasonerLayers.OneHot(input, vocabulary.Count).Transpose(0, 2, 3, 1);
        Node x = new ReasonerLayers("encoder").Linear(hot, "tokens", vocabulary.Count, recipe.Hidden);
        return new Graph("encoder", [input], [(TensorNames.Injection, x.Reshape("B", "H", "W", 1, recipe.Hidden))]);
    }

    private static Graph Cell(ReasonerRecipe recipe)
    {
        var z = new Input(TensorNames.State, "B", "H", "W", Sides, recipe.Channels);
        var x = new Input(TensorNames.Injection, "B", "H", "W", 1, recipe.Hidden);
        var weigh = new Weight("cell.weigh.weight", [recipe.Channels, recipe.Hidden], WeightStart.Normal(Math.Sqrt(2.0 / recipe.Channels)));
        var say = new Weight("cell.say.weight", [recipe.Hidden, recipe.Channels], WeightStart.Normal(Math.Sqrt(2.0 / recipe.Hidden)));
        var bias = new Weight("cell.say.bias", [recipe.Channels], WeightStart.Zeros);
        Node arrived = z;
        for (int hop = 0; hop < recipe.Hops; hop++)
        {
            Node opposite = NodeShapes.Concat(Side, [.. s_moves.Select(move => arrived.Slice(Side, move.Opposite, 1))]);
            Node others = arrived.ReduceSum([Side], keepDims: true) - opposite;
            Node sent = ((others.MatMul(weigh) + x).Relu().MatMul(say) + bias).Tanh();
            arrived = NodeShapes.Concat(Side, [.. s_moves.Select((move, side) => sent.Slice(Side, side, 1).Shift(move.Axis, move.By))]);
        }

        return new Graph("cell", [z, x], [(TensorNames.Mapped, arrived)]);
    }

    private static Graph Decoder(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        int answers = vocabulary.Answers.Count;
        var layers = new ReasonerLayers("decoder");
        var z = new Input(TensorNames.State, "B", "H", "W", Sides, recipe.Channels);
        Node each = layers.Linear(z, "side", recipe.Channels, recipe.Hidden).Relu().ReduceSum([Side], keepDims: false);
        Node inner = layers.Linear(each, "inner", recipe.Hidden, recipe.Hidden).Relu();
        Node logits = layers.Linear(inner, "logits", recipe.Hidden, answers).Transpose(0, 3, 1, 2);
        return new Graph("decoder", [z], [(Runtime.Tasks.Reasoning.ReasoningTask.Logits, logits)]);
    }
}
