using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>States on the way of a solve: f(z_k) of every row after chosen evaluations, copied as they are made.</summary>
/// <remarks>A row that had left by then stands at its solution. The tensors belong to the caller's dispose scope.</remarks>
internal sealed class Trajectory
{
    private readonly int[] _evaluations;
    private readonly Tensor[] _states;
    private readonly Tensor[] _taken;
    private int _made;

    /// <summary>Waits for a solve to begin.</summary>
    /// <param name="evaluations">After which evaluations, from 1.</param>
    /// <param name="start">z₀, <c>[B, D]</c>: gives the size.</param>
    public Trajectory(IEnumerable<int> evaluations, Tensor start)
    {
        _evaluations = [.. evaluations];
        _states = [.. _evaluations.Select(_ => zeros_like(start))];
        _taken = [.. _evaluations.Select(_ => zeros([start.shape[0], 1], dtype: ScalarType.Bool, device: start.device))];
    }

    /// <summary>Evenly spaced evaluations before the last.</summary>
    /// <param name="states">n, at least 1.</param>
    /// <param name="budget">The most evaluations of the solve.</param>
    public static IEnumerable<int> Spaced(int states, int budget) => Enumerable.Range(1, states).Select(i => Math.Max(1, i * budget / (states + 1)));

    /// <summary>Sees one evaluation.</summary>
    /// <param name="mapped">f(z_k), <c>[rows, D]</c>.</param>
    /// <param name="rows">Which rows of the start these are, <c>[rows]</c>.</param>
    public void See(Tensor mapped, Tensor rows)
    {
        _made++;
        for (int i = 0; i < _evaluations.Length; i++)
        {
            if (_evaluations[i] == _made)
            {
                _states[i].index_copy_(0, rows, mapped.detach());
                _taken[i].index_fill_(0, rows, HeldScalar.Of(true));
            }
        }
    }

    /// <summary>The chosen states <c>[B, D]</c> once the solve is over.</summary>
    /// <param name="solution">Its solution, <c>[B, D]</c>.</param>
    public Tensor[] States(Tensor solution) => [.. _states.Select((state, i) => where(_taken[i], state, solution))];
}
