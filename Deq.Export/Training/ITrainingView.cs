namespace Deq.Export.Training;

/// <summary>Watches a run.</summary>
public interface ITrainingView
{
    /// <summary>Called after every step; must be quick.</summary>
    void Step(StepReport report);

    /// <summary>Called when something is about to go wrong.</summary>
    /// <param name="text">What and why, in sentences.</param>
    void Warn(string text);

    /// <summary>Called after every epoch.</summary>
    void Epoch(EpochReport report);
}
