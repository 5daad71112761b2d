using Deq.Export.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>TorchSharp's SGD, its state and its files, with a step that holds the numbers it passes; see <see cref="HeldScalar"/>.</summary>
/// <remarks>Dampening, Nesterov's momentum and maximising are not offered. Its name is written into checkpoints, so it is that of the original.</remarks>
internal sealed class SGD(IEnumerable<TorchSharp.Modules.SGD.ParamGroup> parameters, double rate) : TorchSharp.Modules.SGD(parameters, rate)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Take, closure);

    private void Take(ParamGroup group)
    {
        (double decay, double momentum) = (group.Options.weight_decay!.Value, group.Options.momentum!.Value);
        foreach (Parameter weight in group.Parameters)
        {
            if (weight.grad is not { } gradient)
            {
                continue;
            }

            Tensor way = decay == 0 ? gradient : gradient.add(weight, HeldScalar.Of(decay));
            weight.add_(momentum == 0 ? way : Averaged((State)_state[weight.Handle], way, momentum), HeldScalar.Of(-group.Options.LearningRate!.Value));
        }
    }

    private static Tensor Averaged(State state, Tensor way, double momentum)
    {
        state.momentum_buffer = state.momentum_buffer is { } kept
            ? kept.mul_(HeldScalar.Of(momentum)).add_(way, HeldScalar.One)
            : way.clone().detach().DetachFromDisposeScope();
        return state.momentum_buffer;
    }
}
