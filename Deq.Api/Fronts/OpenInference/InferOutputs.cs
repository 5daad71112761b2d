using System.Globalization;
using System.Runtime.InteropServices;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Deq.Runtime.Models;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>What a request wants to have back.</summary>
internal sealed class InferOutputs
{
    private readonly IReadOnlyList<TensorDeclaration> _declared;
    private readonly IReadOnlyList<RequestedOutput> _wanted;
    private readonly bool _sendsBytes;

    /// <param name="request">The request.</param>
    /// <param name="declared">What the model gives.</param>
    /// <exception cref="ProblemException">An output is unknown, or wanted twice.</exception>
    public InferOutputs(InferRequest request, IReadOnlyList<TensorDeclaration> declared)
    {
        (_declared, _sendsBytes) = (declared, request.SendsBytes);
        _wanted = request.Outputs.Count > 0 ? request.Outputs : [.. declared.Select(output => new RequestedOutput(output.Name, null, 0))];
        string[] known = [.. declared.Select(output => output.Name), TensorNames.State, .. SolveFacts.Tensors.Keys];
        if (_wanted.FirstOrDefault(output => !known.Contains(output.Name)) is { } unknown)
        {
            throw new ProblemException(ProblemKinds.TensorShape, $"unexpected inference output '{unknown.Name.Shorten()}'; there are {string.Join(", ", known)}.");
        }

        if (_wanted.GroupBy(output => output.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ProblemException(ProblemKinds.ConflictingParameter, $"the output '{twice.Key}' is wanted twice.");
        }

        if (_wanted.FirstOrDefault(output => output.Classes > 0 && !HasNumbers(output.Name)) is { } other)
        {
            throw new ProblemException(ProblemKinds.InvalidParameter, $"classification: '{other.Name}' has no elements of {ElementType.Fp32.Name} to choose from.");
        }
    }

    /// <summary>Whether the states of the solves are wanted.</summary>
    public bool WantsStates => _wanted.Any(output => output.Name == TensorNames.State);

    /// <summary>Whether the largest elements of an output are to be found.</summary>
    public bool Chooses => _wanted.Any(output => output.Classes > 0);

    /// <summary>The outputs of all rows.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="states">One for each row, where they are wanted.</param>
    /// <param name="labels">What elements of an output are called, where it has as many.</param>
    public IReadOnlyList<InferOutput> Of(IReadOnlyList<SolvedPart> rows, IReadOnlyList<float[]> states, IReadOnlyList<string> labels)
    {
        SolveReport[] reports = [.. rows.Select(row => row.Report)];
        return [.. _wanted.Select(wanted =>
        {
            Tensor tensor = SolveFacts.Tensors.TryGetValue(wanted.Name, out Func<IReadOnlyList<SolveReport>, Tensor>? fact) ? fact(reports)
                : wanted.Name == TensorNames.State && _declared.All(output => output.Name != TensorNames.State) ? Stacked([.. states.Select(state => Tensor.Of(wanted.Name, [state.Length], state))])
                : Stacked([.. rows.Select(row => Array.Find((Tensor[])row.Result, tensor => tensor.Name == wanted.Name)!)]);
            return new InferOutput(wanted.Classes > 0 ? Largest(tensor, wanted.Classes, labels) : tensor, wanted.SendsBytes ?? _sendsBytes);
        })];
    }

    private bool HasNumbers(string output) => _declared.FirstOrDefault(declared => declared.Name == output) is { } declared ? declared.Type == ElementType.Fp32 : output == TensorNames.State;

    /// <summary>Rows of one shape as a tensor.</summary>
    private static Tensor Stacked(Tensor[] rows)
    {
        if (rows is [var only])
        {
            return only with { Shape = [1, .. only.Shape] };
        }

        int length = rows[0].Bytes.Length;
        byte[] bytes = new byte[length * rows.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row].Bytes.CopyTo(bytes.AsMemory(row * length));
        }

        return rows[0] with { Shape = [rows.Length, .. rows[0].Shape], Bytes = bytes };
    }

    /// <summary>The largest elements of each row as <c>value:index</c>, or <c>value:index:label</c>, the largest first.</summary>
    private static Tensor Largest(Tensor tensor, int count, IReadOnlyList<string> labels)
    {
        List<string> texts = [];
        int kept = 0;
        for (int row = 0; row < tensor.Shape[0]; row++)
        {
            float[] values = MemoryMarshal.Cast<byte, float>(tensor.Row(row).Span).ToArray();
            int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(place => values[place]).Take(count)];
            kept = order.Length;
            texts.AddRange(order.Select(place =>
                values[place].ToString("F6", CultureInfo.InvariantCulture) + $":{place}" + (labels.Count == values.Length ? ":" + labels[place] : "")));
        }

        return SolveFacts.Texts(tensor.Name, [tensor.Shape[0], kept], texts);
    }
}
