using Deq.Export.Graphs;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>A 9 × 9 grid of digits in which each digit occurs once per row, column and box.</summary>
/// <remarks>
/// State <c>[B, 9, 3, 3, 3, 3, channels]</c>: a vector for each digit at each place, the digit first, then band, row, stack, column. One evaluation
/// adds to each vector what a layer makes of it and of the means over its place's digits, its row, its column, its box and the threes where a box
/// meets a row or a column; then a norm bounds it. Digits, rows, columns and their exchange share all weights, so the answer to a renamed, permuted
/// or transposed puzzle is the renamed, permuted or transposed answer.
/// Sources: Palm, Paquet and Winther, "Recurrent relational networks" (2018) for messages between peers; the scaled residual of FPRM (2606.18206).
/// </remarks>
internal static class PeerReasoner
{
    private const int Side = 9;
    private const int Places = 9;

    /// <summary>Builds the graphs; one evaluation passes messages as often as the recipe has hops, each time with the same weights.</summary>
    /// <exception cref="ArgumentException">The vocabulary is not one blank and nine digits.</exception>
    public static ModelGraphs Build(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        if (vocabulary.Answers.Count != Side || !vocabulary.Answers.SequenceEqual(Enumerable.Range(1, Side)))
        {
            throw new ArgumentException($"The cell \"peers\" answers with the tokens 1 to {Side}.", nameof(vocabulary));
        }

        return new(Encoder(), Cell(recipe), Decoder(recipe));
    }

    private static Graph Encoder()
    {
        Input input = ReasonerLayers.Tokens(Side, Side);
        Node hot = ReasonerLayers.OneHot(input, Side + 1);
        Node given = hot.Slice(1, 1, Side);
        Node blank = hot.Slice(1, 0, 1).ExpandLike(given);
        Node x = given.Reshape("B", Side, 3, 3, 3, 3, 1).Concat(6, blank.Reshape("B", Side, 3, 3, 3, 3, 1));
        return new Graph("encoder", [input], [(TensorNames.Injection, x)]);
    }

    private static Graph Cell(ReasonerRecipe recipe)
    {
        (int channels, int hidden) = (recipe.Channels, recipe.Hidden);
        var z = new Input(TensorNames.State, "B", Side, 3, 3, 3, 3, channels);
        var x = new Input(TensorNames.Injection, "B", Side, 3, 3, 3, 3, 2);
        var spread = WeightStart.Normal(Math.Sqrt(2.0 / (5 * channels)));
        Weight Of(string name, int inputs) => new($"cell.{name}.weight", [inputs, hidden], spread);
        (Weight own, Weight digit, Weight line, Weight box, Weight three) =
            (Of("own", channels + 2), Of("digit", channels), Of("line", channels), Of("box", channels), Of("three", channels));
        var bias = new Weight("cell.inner.bias", [hidden], WeightStart.Zeros);
        var back = new Weight("cell.back.weight", [hidden, channels], WeightStart.Normal(Math.Sqrt(1.0 / hidden)));
        var keep = new Weight("cell.keep", [channels], WeightStart.Ones);
        (Weight scale, Weight shift) = (new("cell.norm.scale", [channels], WeightStart.Ones), new("cell.norm.shift", [channels], WeightStart.Zeros));
        Node state = z;
        for (int hop = 0; hop < recipe.Hops; hop++)
        {
            Node threeOfRow = state.ReduceMean([5], keepDims: true);
            Node threeOfColumn = state.ReduceMean([3], keepDims: true);
            Node fromRow = threeOfRow.MatMul(three) + threeOfRow.ReduceMean([4], keepDims: true).MatMul(line)
                + threeOfRow.ReduceMean([3], keepDims: true).MatMul(box);
            Node fromColumn = threeOfColumn.MatMul(three) + threeOfColumn.ReduceMean([2], keepDims: true).MatMul(line);
            Node fromPlace = state.ReduceMean([1], keepDims: true).MatMul(digit) + bias;
            Node inner = (state.Concat(6, x).MatMul(own) + fromRow + fromColumn + fromPlace).Relu();
            state = ((state * keep.Sigmoid()) + inner.MatMul(back)).LayerNorm(scale, shift);
        }

        return new Graph("cell", [z, x], [(TensorNames.Mapped, state)]);
    }

    private static Graph Decoder(ReasonerRecipe recipe)
    {
        var layers = new ReasonerLayers("decoder");
        var z = new Input(TensorNames.State, "B", Side, 3, 3, 3, 3, recipe.Channels);
        Node logits = layers.Linear(z, "logits", recipe.Channels, 1, WeightStart.Normal(Math.Sqrt(1.0 / recipe.Channels)));
        return new Graph("decoder", [z], [(Runtime.Tasks.Reasoning.ReasoningTask.Logits, logits.Reshape("B", Side, Places, Places))]);
    }
}
