namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Some jobs and what they cost together, where one of the model's default shape costs 1.</summary>
internal readonly record struct JobLoad(int Jobs, double Cost)
{
    /// <summary>What one of them costs; 1 where there are none.</summary>
    public double Mean => Jobs > 0 ? Cost / Jobs : 1;

    public static JobLoad operator +(JobLoad one, JobLoad other) => new(one.Jobs + other.Jobs, one.Cost + other.Cost);

    /// <summary>These and one more.</summary>
    public JobLoad And(EngineJob job) => new(Jobs + 1, Cost + job.Cost);
}
