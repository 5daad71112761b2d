using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class ClientRowsSpecs : IDisposable
{
    private readonly EngineMetrics _metrics = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _metrics.Dispose();

    [Theory]
    [InlineData(1, 5)]
    [InlineData(5, 1)]
    public void Weigh_the_same_before_and_after_a_client_whose_weight_is_edited_between_its_rows(int first, int second)
    {
        var rows = new ClientRows();
        EngineJob other = Job("other", 2);
        (EngineJob before, EngineJob after) = (Job("edited", first), Job("edited", second));
        rows.Add(other);

        rows.Add(before);
        rows.Add(after);
        Assert.Equal(2 + first, rows.Weight);
        rows.Remove(before);
        Assert.Equal(2 + first, rows.Weight);
        rows.Remove(after);

        Assert.Equal(2, rows.Weight);
        rows.Remove(other);
        Assert.Equal(0, rows.Weight);
    }

    private EngineJob<float[]> Job(string client, int weight) => new(
        Request(1) with { Client = client, Weight = weight }, cost: 1, _clock, acceptedAt: 0, new EngineTelemetry("m", _metrics, _clock), CancellationToken.None);
}
