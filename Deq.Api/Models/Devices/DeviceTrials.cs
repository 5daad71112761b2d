using System.Collections.Concurrent;
using Deq.Api.Problems;
using Deq.Runtime.Onnx;

namespace Deq.Api.Models.Devices;

/// <summary>Tries devices that failed now and then, beside the requests that the processor answers.</summary>
internal sealed class DeviceTrials(ModelSettings settings, ModelCatalogue models, TimeProvider clock) : BackgroundService
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Execution.Device == ExecutionOptions.Cpu)
        {
            return;
        }

        using var timer = new PeriodicTimer(s_period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            _ = TryAllAsync();
        }
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
    }
}
