using Deq.Export.Training;

namespace Deq.Export.Specs.Training;

/// <summary>Watches a run, says nothing, and may stop it.</summary>
/// <param name="stop">Cancelled after the first validation; null lets the run end.</param>
internal sealed class SilentView(CancellationTokenSource? stop = null) : ITrainingView
{
    public void Step(TrainingProgress progress, double learningRate)
    {
    }

    public void Warn(string text)
    {
    }

    public void Report(TrainingReport report) => stop?.Cancel();
}
