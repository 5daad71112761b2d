using System.Globalization;
using System.Reflection;
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
    public static void Apply(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = ConnectionsOf(Descriptors(), MemoryBudget.OfThisProcess());
        limits.MaxConcurrentUpgradedConnections = limits.MaxConcurrentConnections / 2;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MaxRequestBufferSize = ReadAheadOf(configuration);

        // Faults are listed with those of all settings, which are read after this.
        if (!FaultsOf(configuration).Any())
        {
            Bind(limits, configuration);
        }
    }

    private static void Bind(KestrelServerLimits limits, IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(Section);

        // A rate that is there cannot be changed, only replaced.
        limits.MinResponseDataRate = section.GetSection(nameof(limits.MinResponseDataRate)).Exists()
            ? null
            : new MinDataRate(LeastAnswerRate, TimeSpan.FromSeconds(10));
        section.Bind(limits, options => options.ErrorOnUnknownConfiguration = true);
    }

    /// <summary>What is wrong with the section, one sentence for each of its keys: the framework reads it when the server listens, and stops at the first.</summary>
    public static IEnumerable<string> FaultsOf(IConfiguration configuration)
    {
        var limits = new KestrelServerLimits { MaxRequestBufferSize = BytesReadAhead };
        foreach (IConfigurationSection limit in configuration.GetSection(Section).GetChildren())
        {
            List<string> faults = UnknownIn(limit, Section, typeof(KestrelServerLimits));
            if (faults.Count == 0 && FaultOf(limit, limits) is { } fault)
            {
                faults.Add(fault);
            }

            foreach (string each in faults)
            {
                yield return each;
            }
        }

        // The framework says so too, but only once every model has been opened.
        if (limits.MaxRequestBufferSize < limits.MaxRequestLineSize)
        {
            yield return $"{ReadAhead} is {limits.MaxRequestBufferSize} and {Section}:{nameof(limits.MaxRequestLineSize)} {limits.MaxRequestLineSize}; a first line of that length could never be read.";
        }

        if (limits.MaxRequestBufferSize < limits.MaxRequestHeadersTotalSize)
        {
            yield return $"{ReadAhead} is {limits.MaxRequestBufferSize} and {Section}:{nameof(limits.MaxRequestHeadersTotalSize)} {limits.MaxRequestHeadersTotalSize}; headers of that length could never be read.";
        }
    }

    /// <summary>What of a setting the framework does not know, one sentence each: its binder would name its own options instead of the key.</summary>
    /// <param name="setting">The setting, with all that is below it.</param>
    /// <param name="section">The path above it.</param>
    /// <param name="type">What that section is bound to.</param>
    private static List<string> UnknownIn(IConfigurationSection setting, string section, Type type)
    {
        PropertyInfo[] known = type.GetProperties();
        if (Array.Find(known, property => property.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)) is { PropertyType: var found })
        {
            return found.Assembly == type.Assembly ? [.. setting.GetChildren().SelectMany(child => UnknownIn(child, setting.Path, found))] : [];
        }

        return setting.AsEnumerable().All(pair => pair.Value is null)
            ? []
            : [$"Setting {setting.Path} is unknown; {section} has {string.Join(", ", known.Select(property => $"{section}:{property.Name}").Order(StringComparer.Ordinal))}."];
    }

    /// <summary>Gives a setting to the limits; why it cannot be used, null where it can.</summary>
    private static string? FaultOf(IConfigurationSection limit, KestrelServerLimits limits)
    {
        try
        {
            Bind(limits, new ConfigurationBuilder().AddInMemoryCollection(limit.AsEnumerable().Where(pair => pair.Value is not null)).Build());
            return null;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or ArgumentException or TargetInvocationException)
        {
            return $"Setting {limit.Path}{(limit.Value is { } value ? $" is '{value}'; it" : "")} cannot be used: {refusal.GetBaseException().Message.Split(" (Parameter", 2)[0].ReplaceLineEndings(" ")}";
        }
    }

    /// <summary>Bytes that sockets read ahead. The framework's own limit of that name does not bound them, so it is given to both.</summary>
    internal static long ReadAheadOf(IConfiguration configuration) =>
        long.TryParse(configuration[ReadAhead], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long bytes) ? bytes : BytesReadAhead;

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
