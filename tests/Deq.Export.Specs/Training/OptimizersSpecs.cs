using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Deq.Export.Training.AdamW;
using SGD = Deq.Export.Training.SGD;

namespace Deq.Export.Specs.Training;

/// <summary>Holding numbers must not change what is computed: TorchSharp's own optimizer is the reference, to the bit.</summary>
public sealed class OptimizersSpecs
{
    [Theory]
    [InlineData("adamw", 0.02, 0.9)]
    [InlineData("adamw", 0, 0.5)]
    [InlineData("sgd", 0.02, 0.9)]
    [InlineData("sgd", 0, 0)]
    public void Steps_as_TorchSharp_does_and_reads_its_files(string kind, double decay, double momentum)
    {
        using IDisposable scope = NewDisposeScope();
        (Parameter mine, Parameter its) = (Weight(), Weight());
        OptimizerHelper held = Held(kind, mine, decay, momentum);
        OptimizerHelper own = Own(kind, its, decay, momentum);
        Walk(held, mine, 3);
        Walk(own, its, 3);
        Assert.Equal(its.data<float>().ToArray(), mine.data<float>().ToArray());

        string file = Path.GetTempFileName();
        own.save_state_dict(file);
        OptimizerHelper again = Held(kind, mine, decay, momentum);
        again.load_state_dict(file);
        File.Delete(file);
        Walk(again, mine, 3);
        Walk(own, its, 3);
        Assert.Equal(its.data<float>().ToArray(), mine.data<float>().ToArray());
    }

    private static OptimizerHelper Held(string kind, Parameter weight, double decay, double momentum) => kind == "sgd"
        ? new SGD([new SGD.ParamGroup([weight], new SGD.Options { weight_decay = decay, momentum = momentum })], 0.1)
        : new AdamW([new AdamW.ParamGroup([weight], new AdamW.Options { weight_decay = decay, beta1 = momentum })], 0.1);

    private static OptimizerHelper Own(string kind, Parameter weight, double decay, double momentum) => kind == "sgd"
        ? new TorchSharp.Modules.SGD([new SGD.ParamGroup([weight], new SGD.Options { weight_decay = decay, momentum = momentum })], 0.1)
        : new TorchSharp.Modules.AdamW([new AdamW.ParamGroup([weight], new AdamW.Options { weight_decay = decay, beta1 = momentum })], 0.1);

    private static Parameter Weight() => new(tensor([1f, -2f, 0.5f, 3f], [2, 2]));

    private static void Walk(OptimizerHelper optimizer, Parameter weight, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            optimizer.zero_grad();
            weight.pow(3).sum().backward();
            optimizer.step();
        }
    }
}
