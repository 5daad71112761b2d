namespace Deq.Runtime.Scheduling.Queue;

/// <summary>The jobs of one client that wait, and the engine time that the client has had. Belongs to the queue's lock.</summary>
/// <param name="client">The client's key.</param>
/// <param name="served">Where its time starts, in the clock's ticks; see <see cref="ClientTurns"/>.</param>
internal sealed class ClientJobs(string client, double served)
{
    /// <summary>Jobs after the first that are looked at where there is no room for that.</summary>
    private const int MostPassed = 8;

    public string Client => client;

    /// <summary>Jobs of high priority that wait.</summary>
    public WaitingJobs High { get; } = new();

    /// <summary>Jobs of normal priority that wait.</summary>
    public WaitingJobs Normal { get; } = new();

    /// <summary>Engine time charged so far, in the clock's ticks, divided by the weight.</summary>
    public double Served { get; set; } = served;

    /// <summary>Its share beside a client of weight 1, as its newest job says.</summary>
    public int Weight { get; set; } = 1;

    /// <summary>Its jobs that engine threads have taken up and not ended.</summary>
    public int Running { get; set; }

    /// <summary>Its jobs that wait.</summary>
    public JobLoad Load => High.Load + Normal.Load;

    /// <summary>Its job whose turn comes first; null when none waits.</summary>
    public EngineJob? First => High.First ?? Normal.First;

    /// <summary>
    /// Its first job that a thread has room for; null when there is none among the first few. The first one waits in line for room, so that those after it do not take its place.
    /// </summary>
    public EngineJob? FirstWith(RoomCheck hasRoom)
    {
        if (First is not { } first || hasRoom(first, true))
        {
            return First;
        }

        foreach (EngineJob job in High.Concat(Normal).Skip(1).Take(MostPassed))
        {
            if (hasRoom(job, false))
            {
                return job;
            }
        }

        return null;
    }

    public WaitingJobs Of(Priority priority) => priority == Priority.High ? High : Normal;
}
