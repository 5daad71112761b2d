using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Solving;

namespace Deq.Api.Tasks;

/// <summary>A task by tensors: what its models take and give, and how a row of tensors becomes a solve.</summary>
internal interface ITensorTask
{
    /// <summary>The parameters of solves that count for tensors.</summary>
    IReadOnlyList<SolveParameter> Parameters { get; }

    /// <summary>What a model takes; the first axis of each counts the rows, and is <see cref="TensorDeclaration.Any"/>.</summary>
    IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model);

    /// <summary>What a model gives, with the same first axis.</summary>
    IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model);

    /// <summary>One part for each row. Its result is an array of the row's outputs, in the order of <see cref="OutputsOf"/>, with shapes that leave the first axis out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">In the order of <see cref="InputsOf"/>: types and shapes are as declared, and all have the same number of rows, at least 1.</param>
    /// <exception cref="ProblemException">The tensors do not fit each other or the model.</exception>
    IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> inputs);
}
