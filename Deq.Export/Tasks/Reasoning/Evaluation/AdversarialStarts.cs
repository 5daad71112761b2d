using Deq.Export.Graphs;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Trust;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>Starts from which a model is searched to end elsewhere: the stress test of path independence.</summary>
/// <remarks>
/// Projected gradient ascent on ‖f⁸(z₀) − z*‖, per row, where z* is the end of the solve from zero. It begins at another puzzle's end; each of 20 ascents
/// moves the start by a tenth of its length along the part of the gradient that does not change its length. The farthest of all counts.
/// </remarks>
internal static class AdversarialStarts
{
    /// <summary>Evaluations through which the gradient passes.</summary>
    public const int Evaluations = 8;

    /// <summary>Steps of the ascent.</summary>
    public const int Ascents = 20;

    private const double Share = 0.1;
    private const double Smallest = 1e-12;
    private const int RowsAtOnce = 16;

    /// <summary>Searches a start for every puzzle.</summary>
    /// <param name="bundle">The model; its recipe says how its graphs are made.</param>
    /// <param name="questions">At least 2, of one shape.</param>
    /// <param name="ends">Where their solves from zero ended.</param>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or other weights than its recipe's.</exception>
    public static float[][] Search(ModelBundle bundle, IReadOnlyList<TokenGrid> questions, IReadOnlyList<float[]> ends)
    {
        using IDisposable scope = NewDisposeScope();
        ReasoningRecipe recipe = ReasoningRecipeReader.Read(VerifiedRecipe.In(bundle));
        ModelGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, PuzzleCatalogue.Make(recipe.Puzzles[0]).Vocabulary);
        BoundNetwork bound = new EquilibriumNetwork(graphs).Bind(BundleWeights.Read(bundle, graphs));
        (int height, int width) = (questions[0].Height, questions[0].Width);
        return [.. Enumerable.Range(0, questions.Count).Chunk(RowsAtOnce).SelectMany(Farthest)];

        float[][] Farthest(int[] rows)
        {
            using IDisposable chunk = NewDisposeScope();
            float[] tokens = [.. rows.SelectMany(row => questions[row].Tokens.ToArray()).Select(token => (float)token)];
            Tensor[] x = bound.Encode(tensor(tokens, [rows.Length, 1, height, width]));
            long[] sizes = graphs.StateSizes(rows.Length, height, width);
            Tensor found = Climb(
                Rows(row => ends[PathIndependence.Other(row, ends.Count)]),
                Rows(row => ends[row]),
                z => bound.Evaluate(z.reshape(sizes), x).flatten(1));
            return [.. found.data<float>().ToArray().Chunk(ends[0].Length)];

            Tensor Rows(Func<int, float[]> of) => tensor([.. rows.SelectMany(of)], [rows.Length, ends[0].Length]);
        }
    }

    /// <summary>The farthest starts on the way up.</summary>
    /// <param name="start">Where it begins, <c>[rows, D]</c>; its lengths are kept.</param>
    /// <param name="end">z*, of that shape.</param>
    /// <param name="evaluate">f of every row.</param>
    internal static Tensor Climb(Tensor start, Tensor end, Func<Tensor, Tensor> evaluate)
    {
        Tensor lengths = Lengths(start);
        Tensor z = start;
        Tensor found = start;
        Tensor farthest = zeros_like(lengths);
        for (int ascent = 0; ascent <= Ascents; ascent++)
        {
            using var step = NewDisposeScope();
            Tensor leaf = z.detach().requires_grad_();
            Tensor state = leaf;
            for (int i = 0; i < Evaluations; i++)
            {
                state = evaluate(state);
            }

            Tensor apart = Lengths(state - end);
            Tensor slope = autograd.grad([apart], [leaf], [ones_like(apart)])[0];
            using IDisposable off = no_grad();
            found = step.MoveToOuter(where(apart.gt(farthest), leaf, found).detach());
            farthest = step.MoveToOuter(maximum(apart, farthest).detach());
            Tensor along = slope - (leaf * ((slope * leaf).sum(1, keepdim: true) / lengths.Squared().Plus(Smallest)));
            Tensor moved = leaf.Plus(along / Lengths(along).Plus(Smallest) * lengths.Times(Share));
            z = step.MoveToOuter((moved / Lengths(moved).Plus(Smallest) * lengths).detach());
        }

        return found;
    }

    private static Tensor Lengths(Tensor rows) => rows.norm(1, keepdim: true);
}
