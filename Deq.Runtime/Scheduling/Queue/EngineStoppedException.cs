namespace Deq.Runtime.Scheduling.Queue;

/// <summary>The engine stopped before it took up an accepted request.</summary>
public sealed class EngineStoppedException : Exception
{
    /// <summary>Says so.</summary>
    public EngineStoppedException()
        : base("The engine stopped before it took up the request.")
    {
    }

    /// <summary>Says <paramref name="message"/>.</summary>
    public EngineStoppedException(string message)
        : base(message)
    {
    }

    /// <summary>Says <paramref name="message"/>, because of <paramref name="inner"/>.</summary>
    public EngineStoppedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
