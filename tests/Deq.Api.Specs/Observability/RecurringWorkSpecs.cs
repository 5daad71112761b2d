using Deq.Api.Observability;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Observability;

public sealed class RecurringWorkSpecs
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Outlives_faults_and_logs_the_first_of_several_in_a_row()
    {
        using var log = new LogLines();
        using var stopping = new CancellationTokenSource();
        int times = 0;

        await RepeatAsync(log, stopping, () =>
        {
            switch (++times)
            {
                case 1 or 2 or 4:
                    throw new InvalidOperationException($"At {times}.");
                case 5:
                    stopping.Cancel();
                    break;
            }
        });

        Assert.Equal(5, times);
        Assert.Equal(2, log.Faults.Length);
        Assert.All(log.All, line => Assert.StartsWith("Nothing is tidied until", line));
        Assert.Contains("At 1.", log.Faults[0]);
        Assert.Contains("At 4.", log.Faults[1]);
    }

    [Fact]
    public async Task Ends_without_a_word_where_the_server_stops_meanwhile()
    {
        using var log = new LogLines();
        using var stopping = new CancellationTokenSource();

        await RepeatAsync(log, stopping, () =>
        {
            stopping.Cancel();
            stopping.Token.ThrowIfCancellationRequested();
        });

        Assert.Empty(log.All);
    }

    private static async Task RepeatAsync(LogLines log, CancellationTokenSource stopping, Action work)
    {
        await log.CreateLogger("work").RepeatAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, Work, "Nothing is tidied", stopping.Token).WaitAsync(s_bound);

        Task Work()
        {
            work();
            return Task.CompletedTask;
        }
    }
}
