using System.Runtime.InteropServices;
using Deq.Api.Models;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Classification;

/// <summary>A classifier by tensors: normalised images in, logits out. A solve can stop once its answer is stable.</summary>
internal sealed class ClassifierTensors : ITensorTask
{
    public IReadOnlyList<SolveParameter> Parameters { get; } = [.. GraphTensors.Instance.Parameters, SolveParameter.UntilStable];

    public IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model) => GraphTensors.Instance.InputsOf(model);

    public IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model) => GraphTensors.Instance.OutputsOf(model);

    public IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> inputs)
    {
        IReadOnlyList<string> labels = model.Manifest.Labels;
        return [.. GraphTensors.Instance.Parts(model, inputs).Select(part => part with
        {
            IsSame = (one, other) => TopPredictions.AreSame(Top(one, labels), Top(other, labels)),
        })];
    }

    private static TopPredictions? Top(object? outputs, IReadOnlyList<string> labels) =>
        outputs is Tensor[] { Length: 1 } tensors ? TopPredictions.Of(MemoryMarshal.Cast<byte, float>(tensors[0].Bytes.Span), labels, top: 1) : null;
}
