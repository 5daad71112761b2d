using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Answers of a static batch that wait until the last of its rows is done. Not thread-safe.</summary>
internal sealed class HeldAnswers
{
    private readonly List<(EngineJob Job, float[] Output, RowSolution Solution)> _answers = [];

    public int Count => _answers.Count;

    /// <summary>Keeps an answer.</summary>
    /// <param name="job">Whose it is.</param>
    /// <param name="output">What was decoded; copied.</param>
    /// <param name="solution">How the solve ended.</param>
    public void Add(EngineJob job, ReadOnlySpan<float> output, RowSolution solution) => _answers.Add((job, output.ToArray(), solution));

    /// <summary>Answers all, and adds those that could be to a list.</summary>
    public void Give(List<EngineJob> answered, TimeProvider clock)
    {
        answered.AddRange(_answers.Where(held => held.Job.HasAnswered(held.Output, held.Solution, clock.GetTimestamp())).Select(held => held.Job));
        _answers.Clear();
    }
}
