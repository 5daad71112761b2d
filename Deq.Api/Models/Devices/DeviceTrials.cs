using Deq.Api.Problems;
using Deq.Runtime.Onnx;

namespace Deq.Api.Models.Devices;

/// <summary>Tries devices that failed now and then, beside the requests that the processor answers.</summary>
internal sealed class DeviceTrials(ModelSettings settings, ModelCatalogue models, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_period = DeviceCircuit.TrialEvery / 5;

    /// <summary>Tries the device of each model that the processor stands in for, unless it failed a moment ago.</summary>
    public void TryAll()
    {
        foreach (string name in models.All.Where(model => model.Standby?.Circuit.IsOpen == true).Select(model => model.Manifest.Name))
        {
            try
            {
                using ModelLease lease = models.Rent(name);
                lease.Model.Standby?.TryDevice();
            }
            catch (ProblemException gone) when (gone.Kind == ProblemKinds.ModelNotFound)
            {
                // Taken out meanwhile.
            }
        }
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
            await Task.Run(TryAll, stoppingToken);
        }
    }
}
