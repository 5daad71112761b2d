using Deq.Runtime.Implicit;

namespace Deq.Export.Tasks.Classification.Training;

/// <summary>One image on its way to the nearest one with another label.</summary>
internal sealed class SearchedRow
{
    private readonly JointLayout _layout;
    private readonly JointRow _row;
    private readonly float[] _original;
    private float[] _current;
    private float[] _next;

    /// <summary>Starts at the image, with state and multiplier at 0 unless <see cref="Start"/> says otherwise.</summary>
    /// <param name="problem">What <see cref="NearestChange.Write"/> wrote.</param>
    /// <param name="layout">Of [z, μ, x].</param>
    /// <param name="labels">How many logits there are.</param>
    /// <param name="change">Says where x starts.</param>
    public SearchedRow(float[] problem, JointLayout layout, int labels, NearestChange change)
    {
        (Problem, _layout, _row) = (problem, layout, new JointRow(NearestChange.Steps, layout, labels));
        (_current, _next, _original) = (new float[layout.Width], new float[layout.Width], problem[..layout.Input]);
        change.Start(problem, layout.InputOf(_current));
        _row.Begin();
    }

    /// <summary>What the row brings to the search.</summary>
    public float[] Problem { get; }

    /// <summary>z.</summary>
    public ReadOnlyMemory<float> State => _current.AsMemory(0, _layout.State);

    /// <summary>μ.</summary>
    public ReadOnlyMemory<float> Multiplier => _current.AsMemory(_layout.State, _layout.State);

    /// <summary>x, values from 0 to 1.</summary>
    public ReadOnlyMemory<float> Input => _current.AsMemory(2 * _layout.State);

    /// <summary>The best image so far; the original while none was finite.</summary>
    public ReadOnlyMemory<float> Found => double.IsFinite(_row.KeptLoss) ? _row.Kept[(2 * _layout.State)..].ToArray() : _original;

    /// <summary>Whether another label is ahead at the best iterate.</summary>
    public bool IsOther(NearestChange change) => _row.KeptLoss <= change.Lead;

    /// <summary>Starts from a state.</summary>
    public void Start(ReadOnlySpan<float> state) => state.CopyTo(_layout.StateOf(_current));

    /// <summary>Moves by what was evaluated.</summary>
    public void Advance(NearestChange change, scoped in JointEvaluation found)
    {
        _row.Advance(_current, found, change, Problem, _next);
        (_current, _next) = (_next, _current);
    }
}
