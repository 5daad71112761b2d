using Deq.Export.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>TorchSharp's AdamW, its state and its files, with a step that holds the numbers it passes; see <see cref="HeldScalar"/>.</summary>
/// <remarks>AMSGrad and maximising are not offered. Its name is written into checkpoints, so it is that of the original.</remarks>
internal sealed class AdamW(IEnumerable<TorchSharp.Modules.AdamW.ParamGroup> parameters, double rate) : TorchSharp.Modules.AdamW(parameters, rate)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Take, closure);

    private void Take(ParamGroup group)
    {
        var options = (Options)group.Options;
        (double rate, double beta1, double beta2) = (options.LearningRate!.Value, options.beta1!.Value, options.beta2!.Value);
        foreach (Parameter weight in group.Parameters)
        {
            if (weight.grad is not { } gradient)
            {
                continue;
            }

            var state = (State)_state[weight.Handle];
            state.step++;
            weight.mul_(HeldScalar.Of(1 - (rate * options.weight_decay!.Value)));
            state.exp_avg.mul_(HeldScalar.Of(beta1)).add_(gradient, HeldScalar.Of(1 - beta1));
            state.exp_avg_sq.mul_(HeldScalar.Of(beta2)).addcmul_(gradient, gradient, HeldScalar.Of(1 - beta2));
            Tensor divisor = state.exp_avg_sq.sqrt()
                .div_(HeldScalar.Of(Math.Sqrt(1 - Math.Pow(beta2, state.step))))
                .add_(HeldScalar.Of(options.eps!.Value), HeldScalar.One);
            weight.addcdiv_(state.exp_avg, divisor, HeldScalar.Of(-rate / (1 - Math.Pow(beta1, state.step))));
        }
    }
}
