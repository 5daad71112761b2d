using Deq.Export.Gradients;
using Deq.Export.RandomNumbers;
using Deq.Export.Solving;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Torch;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>What one step minimizes: the squared error of images decoded from latents that joint inference has found.</summary>
/// <remarks>
/// At a joint solution the derivative of the least loss by the weights is ∂ℓ/∂θ + μᵀ·∂f/∂θ (the envelope theorem): the multiplier that the inference
/// has found is the adjoint, and no second solve is needed.
/// </remarks>
internal sealed class LatentStep(LatentRecipe recipe, EquilibriumNetwork network, TrainingState state, IdxImages images, Device device)
{
    private const int UnrolledEvaluations = 4;
    private const double UnrolledDamping = 0.5;

    private readonly int _trained = images.Count - recipe.Training.HeldOut;

    /// <summary>Computes the loss of a step; its tensors belong to the dispose scope of the caller.</summary>
    /// <param name="step">Steps made before: with the recipe's seed it decides every draw.</param>
    public StepObjective Make(int step)
    {
        var random = new SplitMix64(recipe.Seed, stream: 1, item: step);
        Tensor targets = Draw(random);
        IReadOnlyDictionary<string, Tensor> weights = state.Parameters.Compose(training: true);
        BoundNetwork bound = network.Bind(weights);
        BoundNetwork still = network.Bind(weights.ToDictionary(weight => weight.Key, weight => weight.Value.detach(), StringComparer.Ordinal));
        JointTensors found = new JointLatents(recipe.Inference, still).Solve(targets, weights: null, network.Graphs.StateWidth, recipe.Decoder.Latents);
        Tensor[] x = bound.Encode(found.Latent);
        Tensor mapped = bound.Evaluate(found.State, x);
        Tensor loss = recipe.Inference.Gradient == InferenceRecipe.Unrolled
            ? JointLatents.Loss(bound.Decode(Unrolled(bound, found.State, x)), targets, weights: null)
            : Held(JointLatents.Loss(bound.Decode(found.State), targets, weights: null), (found.Multiplier * mapped).sum());
        Tensor? penalty = Penalty(z => bound.Evaluate(z, x), found.State, random);
        Tensor perImage = loss.mul(HeldScalar.Of(1.0 / targets.shape[0]));
        return new StepObjective
        {
            Loss = penalty is null ? perImage : perImage.Plus(penalty.Times(recipe.Jacobian!.Weight * images.Height * images.Width)),
            Measure = () =>
            [
                new("error", perImage.item<float>(), 1),
                new("residual", BoundNetwork.Residual(found.State, mapped).mean().item<float>(), 1),
                new("latent", found.Latent.Squared().mean().sqrt().item<float>(), 1),
            ],
        };
    }

    /// <summary>The loss, with the gradient of the loss and the multiplier's term: the term itself cancels.</summary>
    private static Tensor Held(Tensor loss, Tensor term) => loss.Plus(term - term.detach());

    private static Tensor Unrolled(BoundNetwork bound, Tensor z, Tensor[] x)
    {
        using var steps = new PhantomUnrolled(UnrolledEvaluations, UnrolledDamping);
        return steps.Attach(state => bound.Evaluate(state, x), TorchSolution.Given(z)).State;
    }

    private Tensor? Penalty(Func<Tensor, Tensor> cell, Tensor z, SplitMix64 random)
    {
        if (recipe.Jacobian is not { } jacobian || random.NextShare() >= jacobian.Probability)
        {
            return null;
        }

        using var directions = new Generator(random.Next());
        return JacobianRegularizer.Penalty(cell, z, jacobian.Samples, directions);
    }

    private Tensor Draw(SplitMix64 random)
    {
        (int rows, int size) = (recipe.Training.BatchSize, images.Height * images.Width);
        float[] pixels = new float[rows * size];
        for (int row = 0; row < rows; row++)
        {
            images.Copy(random.NextBelow(_trained), pixels.AsSpan(row * size, size));
        }

        return tensor(pixels, [rows, 1, images.Height, images.Width], device: device);
    }
}
