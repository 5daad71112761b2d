using static TorchSharp.torch;

namespace Deq.Export.Gradients;

/// <summary>One evaluation f(z*) with its graph, cut on both sides: the loss is differentiated first, then any number of products with Jᵀ.</summary>
internal sealed class RecordedEvaluation
{
    public RecordedEvaluation(Func<Tensor, Tensor> cell, Tensor solution)
    {
        Z = solution.detach().requires_grad_();
        Mapped = cell(Z);
        Seen = Mapped.detach().requires_grad_();
    }

    /// <summary>z*, <c>[B, D]</c>.</summary>
    public Tensor Z { get; }

    /// <summary>f(z*), <c>[B, D]</c>.</summary>
    public Tensor Mapped { get; }

    /// <summary>What the decoder sees: f(z*) as a leaf.</summary>
    public Tensor Seen { get; }

    /// <summary>v = ∂L/∂z*, once the loss has been differentiated.</summary>
    public Tensor Cotangent => Seen.grad!;

    /// <summary>Jᵀu for u <c>[B, D]</c>.</summary>
    public Tensor Product(Tensor u) => autograd.grad([Mapped], [Z], [u], retain_graph: true)[0];

    /// <summary>Jᵀu for some rows alone: the recorded evaluation holds all of them, so the others' cotangents are 0.</summary>
    /// <param name="u"><c>[rows, D]</c>.</param>
    /// <param name="rows">Which rows, <c>[rows]</c>.</param>
    public Tensor Product(Tensor u, Tensor rows) => Product(zeros_like(Mapped).index_copy_(0, rows, u)).index_select(0, rows);

    /// <summary>Hands the cell, and whatever stands before it, the gradient uᵀ·∂f/∂θ.</summary>
    public void Differentiate(Tensor adjoint) => autograd.backward(Mapped, adjoint);
}
