using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>f over the rows of a <see cref="TorchStateSpace"/>, with per-row tensors that follow their rows.</summary>
/// <remarks>Evaluates without gradient, or for <see cref="Newest"/> with it, each time in its own dispose scope.</remarks>
/// <param name="space">Where z and f(z) live.</param>
/// <param name="evaluate">Receives z <c>[rows, D]</c> and the first rows of each side input; returns f(z) <c>[rows, D]</c>.</param>
internal sealed class TorchMap(TorchStateSpace space, Func<Tensor, IReadOnlyList<Tensor>, Tensor> evaluate) : IFixedPointMap, IDisposable
{
    private Tensor[] _sideInputs = [];

    /// <summary>Where the newest evaluation is recorded with its graph; null, the default, records none.</summary>
    internal NewestEvaluation? Newest { get; init; }

    /// <summary>Evaluations made, summed over rows.</summary>
    public long RowEvaluations { get; private set; }

    /// <summary>Gives the map the tensors that belong to its rows, such as the injection x, <c>[rows, …]</c> each; copied.</summary>
    public void SetSideInputs(params ReadOnlySpan<Tensor> sideInputs)
    {
        Dispose();
        _sideInputs = new Tensor[sideInputs.Length];
        for (int i = 0; i < sideInputs.Length; i++)
        {
            _sideInputs[i] = sideInputs[i].detach().clone().DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor[] sideInputs = [.. _sideInputs.Select(sideInput => sideInput.narrow(0, 0, rows))];
        Tensor result = Newest is null ? evaluate(space.Rows(z, rows), sideInputs) : Newest.Record(space.Rows(z, rows), at => evaluate(at, sideInputs));
        space.Rows(fz, rows).copy_(result);
        RowEvaluations += rows;
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        Newest?.Move(moves);
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        if (_sideInputs.Length == 0)
        {
            return;
        }

        (Tensor from, Tensor to) = TorchStateSpace.Indices(moves, _sideInputs[0].device);
        foreach (Tensor sideInput in _sideInputs)
        {
            sideInput.index_copy_(0, to, sideInput.index_select(0, from));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor sideInput in _sideInputs)
        {
            sideInput.Dispose();
        }

        _sideInputs = [];
    }
}
