using System.Collections.Concurrent;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Runtime.Onnx;

namespace Deq.Api.Models.Devices;

/// <summary>Tries devices that failed now and then, beside the requests that the processor answers.</summary>
internal sealed class DeviceTrials(ModelSettings settings, ModelCatalogue models, TimeProvider clock, ILogger<DeviceTrials> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = DeviceCircuit.TrialEvery / 5;

    /// <summary>Trials under way, by the model's name: one that hangs must not keep others from being tried.</summary>
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>Tries the device of each model that the processor stands in for, unless it failed a moment ago or is being tried.</summary>
    public Task TryAllAsync()
    {
        foreach (ServedModel model in models.All.Where(model => model.IsOnStandby))
        {
            string name = model.Manifest.Name;
            if (_running.GetValueOrDefault(name) is not { IsCompleted: false })
            {
                _running[name] = Task.Run(() => Try(name));
            }
        }

        return Task.WhenAll(_running.Values);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        settings.Execution.Device == ExecutionOptions.Cpu ? Task.CompletedTask : logger.RepeatAsync(s_period, clock, Begin, "Devices that failed are not tried", stoppingToken);

    /// <summary>Does not wait for the trials, one of which may hang; each says itself what it meets with.</summary>
    private Task Begin()
    {
        _ = TryAllAsync();
        return Task.CompletedTask;
    }

    private void Try(string name)
    {
        try
        {
            using ModelLease lease = models.Rent(name);
            lease.Model.Standby?.Circuit.TryDevice();
        }
        catch (ProblemException gone) when (gone.Kind == ProblemKinds.ModelNotFound)
        {
            // Taken out meanwhile.
        }
        catch (Exception fault)
        {
            logger.LogError(fault, "The device of {Model} could not be tried, and the processor stands in", name);
        }
    }
}
