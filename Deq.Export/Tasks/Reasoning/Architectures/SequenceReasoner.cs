using Deq.Export.Graphs;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>A sequence of any length whose answer at each place depends on what stands at it and before it.</summary>
/// <remarks>
/// State <c>[B, W, channels]</c>. One evaluation is a window over the state and the two before it, a residual block of two more such windows, and a
/// norm per place: information moves at most six places per evaluation, however long the sequence. Weights know neither length nor place.
/// Source: the cell of Bansal and others, "End-to-end algorithm synthesis with recurrent networks" (2022), causal, with a norm at its end.
/// </remarks>
internal static class SequenceReasoner
{
    private const int Window = 3;

    /// <summary>Builds the graphs; each hop of the recipe is one more residual block.</summary>
    public static ModelGraphs Build(ReasonerRecipe recipe, TokenVocabulary vocabulary) =>
        new(Encoder(recipe, vocabulary), Cell(recipe), Decoder(recipe, vocabulary));

    private static Graph Encoder(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        int tokens = vocabulary.Count;
        Input input = ReasonerLayers.Tokens(1, "W");
        Node hot = ReasonerLayers.OneHot(input, tokens).Reshape("B", tokens, "W").Transpose(0, 2, 1);
        Node x = new ReasonerLayers("encoder").Linear(hot, "tokens", tokens, recipe.Channels);
        return new Graph("encoder", [input], [(TensorNames.Injection, x)]);
    }

    private static Graph Cell(ReasonerRecipe recipe)
    {
        int channels = recipe.Channels;
        var layers = new ReasonerLayers("cell");
        var z = new Input(TensorNames.State, "B", "W", channels);
        var x = new Input(TensorNames.Injection, "B", "W", channels);
        Node h = (layers.Product(Before(z), "enter", Window * channels, channels) + x).Relu();
        for (int hop = 0; hop < recipe.Hops; hop++)
        {
            Node inner = layers.Linear(Before(h), $"block{hop}.first", Window * channels, recipe.Hidden).Relu();
            h = (h + layers.Linear(Before(inner), $"block{hop}.second", Window * recipe.Hidden, channels)).Relu();
        }

        return new Graph("cell", [z, x], [(TensorNames.Mapped, layers.Norm(h, "norm", channels))]);
    }

    private static Graph Decoder(ReasonerRecipe recipe, TokenVocabulary vocabulary)
    {
        int answers = vocabulary.Answers.Count;
        var layers = new ReasonerLayers("decoder");
        var z = new Input(TensorNames.State, "B", "W", recipe.Channels);
        Node inner = layers.Linear(z, "inner", recipe.Channels, recipe.Channels).Relu();
        Node logits = layers.Linear(inner, "logits", recipe.Channels, answers).Transpose(0, 2, 1).Reshape("B", answers, 1, "W");
        return new Graph("decoder", [z], [(Runtime.Tasks.Reasoning.ReasoningTask.Logits, logits)]);
    }

    /// <summary>Each place's channels and those of the places before it.</summary>
    private static Node Before(Node x) => NodeShapes.Concat(2, [.. Enumerable.Range(0, Window).Select(by => x.Shift(1, by))]);
}
