namespace Deq.Export.Training;

/// <summary>Training cannot continue; the last checkpoint stands.</summary>
internal sealed class TrainingDivergedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened and what to try.</param>
    public TrainingDivergedException(string message)
        : base(message)
    {
    }
}
