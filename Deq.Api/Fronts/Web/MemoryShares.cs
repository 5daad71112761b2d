using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Streams;

namespace Deq.Api.Fronts.Web;

/// <summary>States at start how the memory is shared out.</summary>
internal static class MemoryShares
{
    private const double MiB = 1 << 20;

    /// <summary>Logs what solves, requests and streams may take, which follows the machine where the operator sets nothing.</summary>
    public static void LogMemory(this WebApplication app) => app.Logger.LogInformation(
        "Solves may take {SolveMiB:0.#} MiB (Engine:LaneBytes), requests may hold {HeldMiB:0.#} MiB (Limits:HeldBytes), streams may keep {StreamMiB:0.#} MiB (Streams:Bytes)",
        app.Services.GetRequiredService<ModelSettings>().Engine.Memory.Limit / MiB,
        app.Services.GetRequiredService<RequestLimits>().HeldBytes / MiB,
        app.Services.GetRequiredService<StreamLimits>().Bytes / MiB);
}
