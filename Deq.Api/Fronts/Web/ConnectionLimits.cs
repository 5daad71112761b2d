using Deq.Api.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Deq.Api.Fronts.Web;

/// <summary>What connections may take: bounded by default, and by <c>Kestrel:Limits:…</c> where an operator says so.</summary>
internal static class ConnectionLimits
{
    private const string Section = "Kestrel:Limits";

    /// <summary>Connections at one time, where the process has enough descriptors and memory.</summary>
    private const int MostConnections = 4096;

    /// <summary>Descriptors that are left for everything but connections: some 280 files of the program, listeners, and connections that are being refused.</summary>
    private const int OwnDescriptors = 400;

    /// <summary>Bytes per second at which an answer must be read: at the framework's 240 an unread flow of 4 MB would be held for five hours.</summary>
    private const double LeastAnswerRate = 16 << 10;

    /// <summary>Bytes of a connection that are read ahead: the framework's 1 MiB of each of hundreds of floods would be read in vain.</summary>
    private const int BytesReadAhead = 64 << 10;

    private const string ReadAhead = $"{Section}:{nameof(KestrelServerLimits.MaxRequestBufferSize)}";

    private const string DescriptorLimits = "/proc/self/limits";

    /// <summary>Bounds what the framework leaves open, then applies what is configured; the framework does not read this section by itself.</summary>
    /// <exception cref="InvalidOperationException">The section has a key or a value that cannot be.</exception>
    public static void Apply(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = ConnectionsOf(Descriptors(), MemoryBudget.OfThisProcess());
        limits.MaxConcurrentUpgradedConnections = limits.MaxConcurrentConnections / 2;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MaxRequestBufferSize = ReadAheadOf(configuration);
        IConfigurationSection section = configuration.GetSection(Section);

        // A rate that is there cannot be changed, only replaced.
        limits.MinResponseDataRate = section.GetSection(nameof(limits.MinResponseDataRate)).Exists()
            ? null
            : new MinDataRate(LeastAnswerRate, TimeSpan.FromSeconds(10));
        section.Bind(limits, options => options.ErrorOnUnknownConfiguration = true);
    }

    /// <summary>Bytes that sockets read ahead. The framework's own limit of that name does not bound them, so it is given to both.</summary>
    /// <exception cref="InvalidOperationException">What is configured is no number.</exception>
    internal static long ReadAheadOf(IConfiguration configuration) => configuration.GetValue<long?>(ReadAhead) ?? BytesReadAhead;

    /// <summary>Connections that a process should have at most: one that has sent half the head of a request holds a block of memory.</summary>
    /// <param name="descriptors">That it may open.</param>
    /// <param name="memory">That it may use.</param>
    internal static int ConnectionsOf(long descriptors, MemoryBudget memory) =>
        (int)Math.Clamp(Math.Min(descriptors - OwnDescriptors, memory.Connections(ConnectionBlocks.BlockBytes)), 16, MostConnections);

    /// <summary>Descriptors that the process may open; a large number where the system does not say.</summary>
    private static long Descriptors()
    {
        const string Row = "Max open files";
        string? row = File.Exists(DescriptorLimits) ? File.ReadLines(DescriptorLimits).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) : null;
        string soft = row is null ? "" : row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, out long descriptors) ? descriptors : int.MaxValue;
    }
}
