using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

public sealed class FlowStartsSpecs
{
    [Theory]
    [InlineData(null, true)]
    [InlineData(0.0, true)]
    [InlineData(0.5, true)]
    [InlineData(0.51, false)]
    public void Trust_a_model_unless_its_answers_were_measured_to_lie_apart(double? distance, bool expected)
    {
        using var folder = new TemporaryFolder();
        string directory = TinyFlowBundle.Write(folder["tiny-flow"], new TinyFlowOptions { Quality = distance is { } apart ? new() { ["warmDistance"] = apart } : new Dictionary<string, double>() });
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());

        Assert.Equal(expected, FlowStarts.Trusts(bundle.Manifest));
    }
}
