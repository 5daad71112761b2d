using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Torch;
using Deq.Export.Training;
using Deq.Runtime.Implicit;
using Deq.Runtime.Models;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>Changes images of a mini-batch as the probe does: joint inference of the nearest image with another label, on Torch.</summary>
/// <remarks>
/// Steps, projection and the choice among iterates are the probe's own, <see cref="NearestChange"/> and <see cref="JointRow"/>; only the evaluations are Torch's. An image that
/// the model answers wrongly stays nearly as it is; one that keeps its label within the bound becomes the iterate of least margin. Source of training on the nearest such images: Zhang et al.,
/// "Attacks which do not kill training make adversarial learning stronger" (2020).
/// </remarks>
/// <param name="recipe">Bound, evaluations, share.</param>
/// <param name="input">How values become the encoder's input.</param>
/// <param name="stateWidth">D.</param>
/// <param name="labelCount">How many logits there are.</param>
internal sealed class AdversarialImages(AdversarialRecipe recipe, ImageInput input, int stateWidth, int labelCount)
{
    // Plain evaluations of the images before they change: as many as a solve to about 1e-2 takes.
    private const int SettlingEvaluations = 10;

    // A change as long as the bound takes half of the evaluations at most.
    private readonly NearestChange _change = new()
    {
        Bounds = new InputBounds { Least = 0, Most = 1 },
        Scale = new ChannelScale(input.Mean, input.Deviation),
        LongestMove = Math.Max(new NearestChange().LongestMove, 2 * recipe.Bound / recipe.Evaluations),
    };

    private readonly ChannelScale _scale = new(input.Mean, input.Deviation);

    /// <summary>Changes the first images of a mini-batch, whose order is drawn.</summary>
    /// <param name="network">At weights that need no gradient.</param>
    /// <param name="images">The encoder's input, <c>[B, C, H, W]</c>.</param>
    /// <param name="labels">The true ones, <c>[B]</c>.</param>
    /// <returns>Images like the given ones, in the caller's dispose scope.</returns>
    public ChangedImages Change(BoundNetwork network, Tensor images, Tensor labels)
    {
        int count = (int)Math.Round(recipe.Share * images.shape[0]);
        if (count == 0)
        {
            return new ChangedImages(images, 0, 0, 0);
        }

        SearchedRow[] rows = Begin(images, labels, count);
        Settle(network, rows, images);
        for (int evaluation = 0; evaluation < recipe.Evaluations; evaluation++)
        {
            using IDisposable scope = NewDisposeScope();
            Advance(network, rows, images);
        }

        float[] changed = Flat(rows, row => row.Found, enter: true);
        long[] sizes = [count, .. images.shape[1..]];
        Tensor whole = cat([tensor(changed, sizes, device: images.device), images.narrow(0, count, images.shape[0] - count)], 0);
        return new ChangedImages(whole.InTorchsMemory(), count, rows.Average(row => _change.ScaleOf(row.Problem, row.Found.Span)), rows.Count(row => row.IsOther(_change)) / (double)count);
    }

    private SearchedRow[] Begin(Tensor images, Tensor labels, int count)
    {
        long[] truth = labels.cpu().data<long>().ToArray();
        float[] pixels = Numbers(images.narrow(0, 0, count));
        int length = pixels.Length / count;
        return [.. Enumerable.Range(0, count).Select(place =>
        {
            float[] image = pixels[(place * length)..((place + 1) * length)];
            _scale.Leave(image);
            System.Numerics.Tensors.TensorPrimitives.Clamp<float>(image, 0, 1, image);
            float[] problem = new float[_change.LengthOf(length, 0)];
            NearestChange.Write(image, (int)truth[place], wanted: null, recipe.Bound, problem);
            return new SearchedRow(problem, new JointLayout(stateWidth, length), labelCount, _change);
        })];
    }

    /// <summary>Starts at the images' equilibria: at a state of 0 the decoder would answer any label.</summary>
    private void Settle(BoundNetwork network, SearchedRow[] rows, Tensor like)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor[] x = network.Encode(tensor(Flat(rows, row => row.Input, enter: true), [rows.Length, .. like.shape[1..]], device: like.device));
        float[] states = Numbers(network.Iterate(zeros([rows.Length, stateWidth], device: like.device), x, SettlingEvaluations));
        for (int place = 0; place < rows.Length; place++)
        {
            rows[place].Start(states.AsSpan(place * stateWidth, stateWidth));
        }
    }

    private void Advance(BoundNetwork network, SearchedRow[] rows, Tensor like)
    {
        long count = rows.Length;
        double[] losses = new double[count];
        JointPass at = JointPass.At(
            network,
            tensor(Flat(rows, row => row.State), [count, stateWidth], device: like.device),
            tensor(Flat(rows, row => row.Multiplier), [count, stateWidth], device: like.device),
            tensor(Flat(rows, row => row.Input, enter: true), [count, .. like.shape[1..]], device: like.device),
            output => Cotangents(output, rows, losses));
        (float[] mapped, float[] multipliers, float[] gradients, float[] outputs) = (Numbers(at.Mapped), Numbers(at.Multiplier), Numbers(at.Input), Numbers(at.Output));
        (int width, int length) = (gradients.Length / rows.Length, outputs.Length / rows.Length);
        for (int place = 0; place < rows.Length; place++)
        {
            Span<float> gradient = gradients.AsSpan(place * width, width);
            _change.PullBack(gradient);
            rows[place].Advance(_change, new JointEvaluation
            {
                Mapped = mapped.AsSpan(place * stateWidth, stateWidth),
                MultiplierTarget = multipliers.AsSpan(place * stateWidth, stateWidth),
                Gradient = gradient,
                Output = outputs.AsSpan(place * length, length),
                Loss = losses[place],
            });
        }
    }

    private Tensor Cotangents(Tensor output, SearchedRow[] rows, double[] losses)
    {
        float[] logits = Numbers(output);
        float[] cotangents = new float[logits.Length];
        int labels = logits.Length / rows.Length;
        for (int place = 0; place < rows.Length; place++)
        {
            losses[place] = _change.Loss(rows[place].Problem, logits.AsSpan(place * labels, labels), cotangents.AsSpan(place * labels, labels));
        }

        return tensor(cotangents, output.shape, device: output.device);
    }

    private float[] Flat(SearchedRow[] rows, Func<SearchedRow, ReadOnlyMemory<float>> part, bool enter = false)
    {
        int width = part(rows[0]).Length;
        float[] flat = new float[rows.Length * width];
        for (int place = 0; place < rows.Length; place++)
        {
            Span<float> target = flat.AsSpan(place * width, width);
            if (enter)
            {
                _change.Enter(part(rows[place]).Span, target);
            }
            else
            {
                part(rows[place]).Span.CopyTo(target);
            }
        }

        return flat;
    }

    private static float[] Numbers(Tensor tensor) => tensor.cpu().contiguous().data<float>().ToArray();
}

/// <summary>A mini-batch of which some images are changed.</summary>
/// <param name="Images">The encoder's input, <c>[B, C, H, W]</c>.</param>
/// <param name="Count">How many are changed, the first ones.</param>
/// <param name="MeanChange">Their mean L2 change, values from 0 to 1.</param>
/// <param name="OtherShare">The share of them to which the search found another label within the bound.</param>
internal sealed record ChangedImages(Tensor Images, int Count, double MeanChange, double OtherShare);
