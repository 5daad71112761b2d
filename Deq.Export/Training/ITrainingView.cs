namespace Deq.Export.Training;

/// <summary>Watches a run.</summary>
internal interface ITrainingView
{
    /// <summary>Called after every step; must be quick.</summary>
    /// <param name="progress">With the running means.</param>
    /// <param name="learningRate">Of the next step.</param>
    void Step(TrainingProgress progress, double learningRate);

    /// <summary>Called when something is about to go wrong.</summary>
    /// <param name="text">What and why, in sentences.</param>
    void Warn(string text);

    /// <summary>Called after every validation.</summary>
    void Report(TrainingReport report);
}
