using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>What one evaluation of joint inference on tensors gives: that of input and equilibrium in one iteration.</summary>
/// <remarks>Without gradient, in the caller's dispose scope. Source of the equations: see <see cref="Runtime.Implicit.JointRow"/>.</remarks>
/// <param name="Mapped">f(z, x), <c>[B, D]</c>.</param>
/// <param name="Multiplier">∂ℓ/∂z + Jzᵀμ, <c>[B, D]</c>.</param>
/// <param name="Input">Jxᵀμ, in the shape of the encoder's input.</param>
/// <param name="Output">Of the decoder at z.</param>
internal sealed record JointPass(Tensor Mapped, Tensor Multiplier, Tensor Input, Tensor Output)
{
    /// <summary>Evaluates at [z, μ, x].</summary>
    /// <param name="network">At weights that need no gradient.</param>
    /// <param name="z">The state, <c>[B, D]</c>.</param>
    /// <param name="mu">The multiplier of z = f(z, x), <c>[B, D]</c>.</param>
    /// <param name="x">The encoder's input.</param>
    /// <param name="cotangent">Output ↦ ∂ℓ/∂output, in its shape.</param>
    public static JointPass At(BoundNetwork network, Tensor z, Tensor mu, Tensor x, Func<Tensor, Tensor> cotangent)
    {
        Tensor state = z.detach().clone().requires_grad_();
        Tensor input = x.detach().clone().requires_grad_();
        Tensor[] injections = network.Encode(input);
        Tensor mapped = network.Evaluate(state, injections);
        Tensor output = network.Decode(state, injections);
        IList<Tensor> gradients = autograd.grad([output, mapped], [state, input], [cotangent(output.detach()), mu]);
        return new JointPass(mapped.detach(), gradients[0], gradients[1], output.detach());
    }
}
